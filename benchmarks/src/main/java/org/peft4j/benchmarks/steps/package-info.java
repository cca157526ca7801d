/** Training steps to be timed: what is trained, on what, and ours. */
@NullMarked
package org.peft4j.benchmarks.steps;

import org.jspecify.annotations.NullMarked;
