/** The models' contracts, batches of tokens, and what models keep between passes. */
@NullMarked
package org.peft4j.transformers.model;

import org.jspecify.annotations.NullMarked;
