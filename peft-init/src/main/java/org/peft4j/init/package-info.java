/** The initializers: one file each. */
@NullMarked
package org.peft4j.init;

import org.jspecify.annotations.NullMarked;
