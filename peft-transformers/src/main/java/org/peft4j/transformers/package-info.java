/** Fine-tuning language models and text classifiers: the short way from a folder to an adapter. */
@NullMarked
package org.peft4j.transformers;

import org.jspecify.annotations.NullMarked;
