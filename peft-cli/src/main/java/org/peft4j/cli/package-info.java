/** The command line {@code peft}: one small class per command over the library's public API. */
@NullMarked
package org.peft4j.cli;

import org.jspecify.annotations.NullMarked;
