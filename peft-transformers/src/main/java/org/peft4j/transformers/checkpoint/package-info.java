/** Hugging Face model directories: read, checked and written. */
@NullMarked
package org.peft4j.transformers.checkpoint;

import org.jspecify.annotations.NullMarked;
