package org.peft4j.transformers.jinja;

/**
 * What one rendering may take. Templates come with models from anywhere, so every step, letter and
 * level is counted; counts, unlike a clock, end the same template at the same place everywhere.
 */
final class Budget {

  private static final long STEPS = 8_000_000;
  private static final long STEPS_PER_LETTER = 100;
  private static final long ALLOCATION = 96L << 20;
  private static final long ALLOCATION_PER_LETTER = 64;
  private static final long LONGEST = 16L << 20;
  private static final long LONGEST_PER_LETTER = 4;
  private static final int LETTERS_PER_STEP = 32;
  private static final int DEEPEST = 400;

  private final long longest;
  private long steps;
  private long allocation;
  private int depth;

  /**
   * @param letters how much text the template is given
   */
  Budget(long letters) {
    this.steps = STEPS + STEPS_PER_LETTER * letters;
    this.allocation = ALLOCATION + ALLOCATION_PER_LETTER * letters;
    this.longest = LONGEST + LONGEST_PER_LETTER * letters;
  }

  void step() {
    steps(1);
  }

  void steps(long count) {
    steps -= count;
    if (steps < 0) {
      throw limit("takes too many steps; shorten its loops");
    }
  }

  /** Room for a text of so many letters, or a list of half as many values, about to be made. */
  void room(long letters) {
    requireShort(letters);
    allocation -= letters;
    if (allocation < 0) {
      throw limit("makes too much text in all");
    }
    steps(letters / LETTERS_PER_STEP);
  }

  void requireShort(long letters) {
    if (letters > longest) {
      throw limit("makes a text or list longer than %d letters".formatted(longest));
    }
  }

  /** Room for a list of so many values. */
  void list(long values) {
    room(values * 2);
  }

  void enter() {
    depth++;
    if (depth > DEEPEST) {
      throw limit("is nested or calls itself too deeply, more than %d levels".formatted(DEEPEST));
    }
    step();
  }

  void leave() {
    depth--;
  }

  private static JinjaException limit(String what) {
    return new JinjaException(JinjaException.LIMIT, "the template " + what);
  }
}
