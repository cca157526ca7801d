/**
 * What an initializer implements: it says in its type what it may look at, which {@link Statistic}
 * it wants of the data, and where the factors of a low-rank adapter start.
 */
@NullMarked
package org.peft4j.initializer;

import org.jspecify.annotations.NullMarked;
