/**
 * Methods that are more than a formula at each layer: one that looks after all its layers while
 * they train ({@link Coordinated}), one that picks tensors of the base ({@link ParameterSelector}).
 */
@NullMarked
package org.peft4j.method;

import org.jspecify.annotations.NullMarked;
