/** Short programs to start from. */
@NullMarked
package org.peft4j.examples;

import org.jspecify.annotations.NullMarked;
