package org.peft4j.cli.tiny;

/**
 * Makes up texts for the tiny model, without end and for nobody's copyright. There are two kinds
 * with the same letters and very different words, so that a sample shows at a glance which of them
 * a model was last trained on.
 */
public final class StoryGrammar {

  private static final Grammar STORY = Grammar.resource("story.txt");
  private static final Grammar LOG = Grammar.resource("log.txt");

  private static final int FEWEST_WORDS = 40;
  private static final int MOST_WORDS = 80;

  private StoryGrammar() {}

  /** A children's story of 40 to 80 words, always the same for one seed. */
  public static String story(long seed) {
    return STORY.text(seed, FEWEST_WORDS, MOST_WORDS);
  }

  /** A day in the log of a sailing ship, of 40 to 80 words, always the same for one seed. */
  public static String log(long seed) {
    return LOG.text(seed, FEWEST_WORDS, MOST_WORDS);
  }
}
