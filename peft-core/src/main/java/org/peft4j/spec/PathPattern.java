package org.peft4j.spec;

import java.util.Map;
import java.util.Optional;
import org.peft4j.io.Excerpt;

/**
 * A regular expression in Python's syntax for paths of modules. Files from elsewhere bring such
 * expressions, so matching takes a bounded number of steps, which {@code java.util.regex} cannot
 * promise.
 */
public final class PathPattern {

  /** Enough for three {@code .*} on a path of a hundred letters, and over within milliseconds. */
  private static final int STEPS = 200_000;

  private final String text;
  private final PatternNode root;
  private final int groups;
  private final Map<String, Integer> names;

  private PathPattern(String text, PatternNode root, int groups, Map<String, Integer> names) {
    this.text = text;
    this.root = root;
    this.groups = groups;
    this.names = names;
  }

  /**
   * The pattern that {@code text} describes.
   *
   * @throws IllegalArgumentException if it describes none, or uses what is not supported; the
   *     message says what and where
   */
  public static PathPattern of(String text) {
    PatternParser parser = new PatternParser(text);
    PatternNode root = parser.parse();
    return new PathPattern(text, root, parser.groups(), parser.names());
  }

  /**
   * Whether all of {@code path} matches.
   *
   * @throws IllegalArgumentException if finding out takes too many steps
   */
  public boolean matches(String path) {
    return run(path, new PatternRun(path, groups, STEPS), true);
  }

  /**
   * Whether it matches, taking the steps from those that {@code budget} has left for several
   * patterns.
   */
  public boolean matches(String path, Budget budget) {
    PatternRun run = new PatternRun(path, groups, Math.min(STEPS, budget.left));
    boolean matches = run(path, run, true);
    budget.left = Math.max(0, budget.left - run.steps());
    return matches;
  }

  /** What the group of that name holds where the beginning of {@code path} matches. */
  public Optional<String> groupAtStart(String path, String name) {
    PatternRun run = new PatternRun(path, groups, STEPS);
    Integer group = names.get(name);
    return group != null && run(path, run, false)
        ? Optional.ofNullable(run.group(group))
        : Optional.empty();
  }

  private boolean run(String path, PatternRun run, boolean whole) {
    try {
      return root.match(run, 0, end -> !whole || end == path.length());
    } catch (PatternRun.TooManySteps e) {
      throw new IllegalArgumentException(
          "the pattern "
              + Excerpt.of(text)
              + " takes too many steps to match "
              + Excerpt.of(path)
              + "; write it with fewer repetitions inside or after one another");
    }
  }

  /** Steps that several patterns share. */
  public static final class Budget {
    private int left;

    public Budget(int steps) {
      this.left = steps;
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
