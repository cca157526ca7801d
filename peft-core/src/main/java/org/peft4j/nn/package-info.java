/** Models as trees of modules whose paths equal Hugging Face's. */
@NullMarked
package org.peft4j.nn;

import org.jspecify.annotations.NullMarked;
