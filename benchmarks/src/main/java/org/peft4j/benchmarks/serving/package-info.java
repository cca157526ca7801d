/** What opening, switching, mixing and generating cost. */
@NullMarked
package org.peft4j.benchmarks.serving;

import org.jspecify.annotations.NullMarked;
