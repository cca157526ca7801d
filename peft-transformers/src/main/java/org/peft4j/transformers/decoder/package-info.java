/** All of a decoder but its layers, which a family brings, and parts to make those of. */
@NullMarked
package org.peft4j.transformers.decoder;

import org.jspecify.annotations.NullMarked;
