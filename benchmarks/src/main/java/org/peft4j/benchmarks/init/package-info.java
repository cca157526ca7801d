/** Times of starts and of the calibration before them. */
@NullMarked
package org.peft4j.benchmarks.init;

import org.jspecify.annotations.NullMarked;
