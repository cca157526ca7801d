/** Llama, Mistral and Qwen2. */
@NullMarked
package org.peft4j.transformers.llama;

import org.jspecify.annotations.NullMarked;
