/** Times our training steps and PyTorch's in turn, each in a process of its own. */
@NullMarked
package org.peft4j.benchmarks.bench;

import org.jspecify.annotations.NullMarked;
