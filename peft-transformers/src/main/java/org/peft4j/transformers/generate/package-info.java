/** Text that a model writes, token by token. */
@NullMarked
package org.peft4j.transformers.generate;

import org.jspecify.annotations.NullMarked;
