/** Every method on the same task at the same budget. */
@NullMarked
package org.peft4j.benchmarks.leaderboard;

import org.jspecify.annotations.NullMarked;
