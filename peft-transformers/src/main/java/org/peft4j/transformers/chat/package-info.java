/** Conversations and the templates that turn them into text. */
@NullMarked
package org.peft4j.transformers.chat;

import org.jspecify.annotations.NullMarked;
