/** Microbenchmarks, run by {@code benchmarks/run jmh}. */
@NullMarked
package org.peft4j.benchmarks.jmh;

import org.jspecify.annotations.NullMarked;
