/** Measurements: run by hand on a quiet machine, never as tests. */
@NullMarked
package org.peft4j.benchmarks;

import org.jspecify.annotations.NullMarked;
