/** Values with gradients, and the tape that records operations and runs them backwards. */
@NullMarked
package org.peft4j.tensor;

import org.jspecify.annotations.NullMarked;
