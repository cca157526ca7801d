/** Files of text, prompts or tokens as the batches a language model trains on. */
@NullMarked
package org.peft4j.transformers.data;

import org.jspecify.annotations.NullMarked;
