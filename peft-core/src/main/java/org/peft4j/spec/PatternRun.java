package org.peft4j.spec;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One attempt to match a text: what the groups hold, and how many steps are left. */
final class PatternRun {

  /** Each level of nesting takes a few hundred bytes of a thread's stack. */
  private static final int DEPTH = 500;

  /** The attempt is given up. */
  static final class TooManySteps extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private TooManySteps() {
      super("too many steps", null, false, false);
    }
  }

  final String text;
  private final int[] starts;
  private final int[] ends;
  private final int limit;
  private int steps;
  private int depth;

  PatternRun(String text, int groups, int limit) {
    this.text = text;
    this.starts = new int[groups + 1];
    this.ends = new int[groups + 1];
    this.limit = limit;
    Arrays.fill(starts, -1);
  }

  int steps() {
    return steps;
  }

  void step() {
    if (++steps > limit) {
      throw new TooManySteps();
    }
  }

  void enter() {
    step();
    if (++depth > DEPTH) {
      throw new TooManySteps();
    }
  }

  void leave() {
    depth--;
  }

  @Nullable String group(int number) {
    return starts[number] < 0 ? null : text.substring(starts[number], ends[number]);
  }

  /** Goes on with the group set, and sets it back where that leads nowhere. */
  boolean with(int number, int start, int end, PatternNode.Rest rest) {
    int oldStart = starts[number];
    int oldEnd = ends[number];
    starts[number] = start;
    ends[number] = end;
    if (rest.match(end)) {
      return true;
    }
    starts[number] = oldStart;
    ends[number] = oldEnd;
    return false;
  }
}
