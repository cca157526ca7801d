/** The entry points: adapt a model, switch adapters, merge, report. */
@NullMarked
package org.peft4j;

import org.jspecify.annotations.NullMarked;
