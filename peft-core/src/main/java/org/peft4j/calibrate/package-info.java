/** Letting data pass through a model before training, to find out where adapters should start. */
@NullMarked
package org.peft4j.calibrate;

import org.jspecify.annotations.NullMarked;
