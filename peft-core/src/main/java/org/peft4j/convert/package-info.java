/**
 * Adapters of any method as plain LoRA, which every reader of adapters understands: {@link
 * LoraConversion} finds the factors of an {@link AdapterView}, exactly or of a smaller rank.
 */
@NullMarked
package org.peft4j.convert;

import org.jspecify.annotations.NullMarked;
