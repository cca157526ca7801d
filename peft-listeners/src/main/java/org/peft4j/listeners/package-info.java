/** What may listen to training: one file per listener. None of them writes anywhere by itself. */
@NullMarked
package org.peft4j.listeners;

import org.jspecify.annotations.NullMarked;
