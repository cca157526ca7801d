/** The engine for the CPU: oneDNN's primitives, and loops over host memory for what it lacks. */
@NullMarked
package org.peft4j.onednn;

import org.jspecify.annotations.NullMarked;
