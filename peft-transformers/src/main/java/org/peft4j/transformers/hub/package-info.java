/**
 * Models from the Hugging Face Hub, or from what speaks as it does, and the cache they are kept in.
 */
@NullMarked
package org.peft4j.transformers.hub;

import org.jspecify.annotations.NullMarked;
