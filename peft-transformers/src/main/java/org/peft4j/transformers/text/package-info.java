/** Tokenizers, special tokens, and what a model's texts begin and end with. */
@NullMarked
package org.peft4j.transformers.text;

import org.jspecify.annotations.NullMarked;
