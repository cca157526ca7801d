/** Qwen3. */
@NullMarked
package org.peft4j.transformers.qwen3;

import org.jspecify.annotations.NullMarked;
