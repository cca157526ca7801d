/** What decoders share: rotary positions, and one pass through the layers. */
@NullMarked
package org.peft4j.transformers.decoder;

import org.jspecify.annotations.NullMarked;
