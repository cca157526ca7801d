/** Learning from pairs of answers of which one is better. */
@NullMarked
package org.peft4j.transformers.preference;

import org.jspecify.annotations.NullMarked;
