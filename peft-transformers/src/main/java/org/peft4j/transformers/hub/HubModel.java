package org.peft4j.transformers.hub;

import java.util.Optional;
import java.util.regex.Pattern;
import org.peft4j.io.Excerpt;

/**
 * What a model, or an adapter, is called on the Hub.
 *
 * @param name {@code ORGANISATION/NAME}, or {@code NAME} alone for a few old ones
 * @param revision a branch, a tag or a commit's 40 digits
 */
public record HubModel(String name, String revision) {

  /** The revision that is meant where none is named. */
  public static final String MAIN = "main";

  private static final String WORD = "[A-Za-z0-9_](?:[\\w.-]*\\w)?";
  private static final Pattern NAME = Pattern.compile("(?:" + WORD + "/)?" + WORD);
  private static final Pattern REVISION = Pattern.compile("[\\w.-]+(?:/[\\w.-]+)*");
  private static final int LONGEST = 96;

  /**
   * @throws IllegalArgumentException if nothing on the Hub can be called that
   */
  public HubModel {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "a model on the Hub is called ORGANISATION/NAME, of letters, digits, '-', '_' and '.',"
              + " but not '"
              + Excerpt.of(name)
              + "'");
    }
    if (!REVISION.matcher(revision).matches() || revision.contains("..")) {
      throw new IllegalArgumentException(
          "a revision is a branch, a tag or a commit, but not '" + Excerpt.of(revision) + "'");
    }
  }

  private static boolean isName(String name) {
    return name.length() <= LONGEST
        && NAME.matcher(name).matches()
        && !name.contains("--")
        && !name.contains("..");
  }

  /**
   * Reads {@code ORGANISATION/NAME} or {@code ORGANISATION/NAME@REVISION}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static HubModel of(String text) {
    int at = text.indexOf('@');
    return at < 0
        ? new HubModel(text, MAIN)
        : new HubModel(text.substring(0, at), text.substring(at + 1));
  }

  /** What {@code text} means, if it could be meant for a name on the Hub. */
  public static Optional<HubModel> find(String text) {
    try {
      return Optional.of(of(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** This model at another revision. */
  public HubModel at(String other) {
    return new HubModel(name, other);
  }

  /** Reads {@code NAME}, or {@code NAME@REVISION} where that is not {@link #MAIN}. */
  @Override
  public String toString() {
    return revision.equals(MAIN) ? name : name + "@" + revision;
  }
}
