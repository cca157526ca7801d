/** Checks of {@code tokenizer.json} before a native library sees it. */
@NullMarked
package org.peft4j.transformers.tokenizer;

import org.jspecify.annotations.NullMarked;
