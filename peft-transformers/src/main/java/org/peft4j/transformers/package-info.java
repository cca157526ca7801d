/** Hugging Face checkpoints as module trees, their tokenizers, and text generation. */
@NullMarked
package org.peft4j.transformers;

import org.jspecify.annotations.NullMarked;
