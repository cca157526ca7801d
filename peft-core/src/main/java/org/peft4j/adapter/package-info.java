/**
 * What a method implements: an adapter is a formula over a frozen layer, a config is a record that
 * checks its settings and builds the adapter. Read this package and you can write a method; what an
 * initializer implements is in {@link org.peft4j.initializer}, and methods that are more than a
 * formula in {@link org.peft4j.method}.
 */
@NullMarked
package org.peft4j.adapter;

import org.jspecify.annotations.NullMarked;
