/** Numerical operations on raw memory, and the kernel sets that provide them. */
@NullMarked
package org.peft4j.kernel;

import org.jspecify.annotations.NullMarked;
