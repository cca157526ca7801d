/** The training step and the loop around it. */
@NullMarked
package org.peft4j.train;

import org.jspecify.annotations.NullMarked;
