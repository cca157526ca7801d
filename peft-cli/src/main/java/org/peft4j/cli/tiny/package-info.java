/** What the tiny model that lives in the jar was made from: its texts and its tokenizer. */
@NullMarked
package org.peft4j.cli.tiny;

import org.jspecify.annotations.NullMarked;
