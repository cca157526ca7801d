/** The operations as they are defined, in plain Java. */
@NullMarked
package org.peft4j.kernel.plain;

import org.jspecify.annotations.NullMarked;
