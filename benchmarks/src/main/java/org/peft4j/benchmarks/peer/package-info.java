/**
 * What our training speed is compared with: the training steps that Hugging Face transformers and
 * PEFT take on PyTorch, written by hand on libtorch.
 */
@NullMarked
package org.peft4j.benchmarks.peer;

import org.jspecify.annotations.NullMarked;
