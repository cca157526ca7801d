package org.peft4j.spec;

import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** A part of a regular expression, which tries its ways to match one after the other. */
interface PatternNode {

  /** What comes after a part. */
  @FunctionalInterface
  interface Rest {
    boolean match(int at);
  }

  /** Whether this matches from {@code at} on in a way after which {@code rest} matches. */
  boolean match(PatternRun run, int at, Rest rest);

  /** A single character. */
  record One(IntPredicate is) implements PatternNode {
    @Override
    public boolean match(PatternRun run, int at, Rest rest) {
      run.step();
      return isAt(run, at) && rest.match(at + 1);
    }

    boolean isAt(PatternRun run, int at) {
      return at < run.text.length() && is.test(run.text.charAt(at));
    }
  }

  /** Parts one after the other. */
  record Sequence(List<PatternNode> parts) implements PatternNode {
    @Override
    public boolean match(PatternRun run, int at, Rest rest) {
      return from(0, run, at, rest);
    }

    private boolean from(int index, PatternRun run, int at, Rest rest) {
      int place = at;
      int next = index;
      while (next < parts.size() && parts.get(next) instanceof One one) {
        run.step();
        if (!one.isAt(run, place)) {
          return false;
        }
        place++;
        next++;
      }
      if (next == parts.size()) {
        return rest.match(place);
      }
      int after = next + 1;
      run.enter();
      boolean matches = parts.get(next).match(run, place, end -> from(after, run, end, rest));
      run.leave();
      return matches;
    }
  }

  /** One of several. */
  record Choice(List<PatternNode> ways) implements PatternNode {
    @Override
    public boolean match(PatternRun run, int at, Rest rest) {
      for (PatternNode way : ways) {
        run.step();
        if (way.match(run, at, rest)) {
          return true;
        }
      }
      return false;
    }
  }

  /** A part that is repeated. */
  record Repeat(PatternNode part, int least, int most, boolean greedy) implements PatternNode {
    @Override
    public boolean match(PatternRun run, int at, Rest rest) {
      return part instanceof One one ? ofOne(one, run, at, rest) : again(0, run, at, rest);
    }

    private boolean ofOne(One one, PatternRun run, int at, Rest rest) {
      int fits = 0;
      while (fits < (greedy ? most : least) && one.isAt(run, at + fits)) {
        run.step();
        fits++;
      }
      if (fits < least) {
        return false;
      }
      return greedy ? fewer(fits, run, at, rest) : more(one, run, at, rest);
    }

    private boolean fewer(int fits, PatternRun run, int at, Rest rest) {
      for (int count = fits; count >= least; count--) {
        run.step();
        if (rest.match(at + count)) {
          return true;
        }
      }
      return false;
    }

    private boolean more(One one, PatternRun run, int at, Rest rest) {
      for (int count = least; ; count++) {
        run.step();
        if (rest.match(at + count)) {
          return true;
        }
        if (count == most || !one.isAt(run, at + count)) {
          return false;
        }
      }
    }

    private boolean again(int done, PatternRun run, int at, Rest rest) {
      run.enter();
      boolean matches = done < least ? once(done, run, at, rest) : either(done, run, at, rest);
      run.leave();
      return matches;
    }

    private boolean either(int done, PatternRun run, int at, Rest rest) {
      return greedy
          ? (done < most && once(done, run, at, rest)) || rest.match(at)
          : rest.match(at) || (done < most && once(done, run, at, rest));
    }

    /** A round that matches nothing could go on for ever, so it counts as all that are needed. */
    private boolean once(int done, PatternRun run, int at, Rest rest) {
      return part.match(
          run,
          at,
          end -> {
            if (end == at) {
              return done < least && rest.match(end);
            }
            return again(done + 1, run, end, rest);
          });
    }
  }

  /** A part whose text is remembered. */
  record Group(int number, PatternNode part) implements PatternNode {
    @Override
    public boolean match(PatternRun run, int at, Rest rest) {
      return part.match(run, at, end -> run.with(number, at, end, rest));
    }
  }

  /** The text of a group once more. */
  record Same(int number) implements PatternNode {
    @Override
    public boolean match(PatternRun run, int at, Rest rest) {
      run.step();
      @Nullable String text = run.group(number);
      return text != null && run.text.startsWith(text, at) && rest.match(at + text.length());
    }
  }

  /** A place between characters. */
  record Place(Condition condition) implements PatternNode {

    /** What has to be true of a place. */
    @FunctionalInterface
    interface Condition {
      boolean holds(String text, int at);
    }

    @Override
    public boolean match(PatternRun run, int at, Rest rest) {
      run.step();
      return condition.holds(run.text, at) && rest.match(at);
    }
  }

  /** What must, or must not, come next; without using it up. */
  record Ahead(PatternNode part, boolean wanted) implements PatternNode {
    @Override
    public boolean match(PatternRun run, int at, Rest rest) {
      return part.match(run, at, end -> true) == wanted && rest.match(at);
    }
  }

  /** What must, or must not, come before. */
  record Behind(PatternNode part, boolean wanted) implements PatternNode {
    @Override
    public boolean match(PatternRun run, int at, Rest rest) {
      boolean found = false;
      for (int start = at; start >= 0 && !found; start--) {
        run.step();
        found = part.match(run, start, end -> end == at);
      }
      return found == wanted && rest.match(at);
    }
  }

  /** A part whose first way to match is the only one tried. */
  record Atomic(PatternNode part) implements PatternNode {
    @Override
    public boolean match(PatternRun run, int at, Rest rest) {
      int[] end = {-1};
      boolean matches =
          part.match(
              run,
              at,
              place -> {
                end[0] = place;
                return true;
              });
      return matches && rest.match(end[0]);
    }
  }
}
