package org.peft4j.transformers.jinja;

import org.jspecify.annotations.Nullable;

/**
 * A template that cannot be read or rendered. {@link #error} is the name that Python's error has
 * for the same template, such as {@code TypeError}; two more are this package's own.
 */
public final class JinjaException extends IllegalArgumentException {

  /** What the template called {@code raise_exception} with. */
  public static final String REFUSAL = "TemplateError";

  /** Something of Jinja2 or Python that is not done here. */
  public static final String UNSUPPORTED = "Unsupported";

  /** The template takes more time, memory or nesting than a template is given. */
  public static final String LIMIT = "Limit";

  private static final int LONGEST = 600;
  private static final long serialVersionUID = 1;

  private final String error;
  private final String words;
  private final int line;
  private final int column;

  JinjaException(String error, String words) {
    this(error, words, null);
  }

  private JinjaException(String error, String words, @Nullable Place place) {
    super(message(error, words, place));
    this.error = error;
    this.words = words;
    this.line = place == null ? 0 : place.line();
    this.column = place == null ? 0 : place.column();
  }

  static JinjaException type(String words) {
    return new JinjaException("TypeError", words);
  }

  static JinjaException value(String words) {
    return new JinjaException("ValueError", words);
  }

  static JinjaException overflow(String words) {
    return new JinjaException("OverflowError", words);
  }

  static JinjaException unsupported(String what) {
    return new JinjaException(UNSUPPORTED, what + " is not supported here");
  }

  static JinjaException syntax(String words, Place place) {
    return new JinjaException("TemplateSyntaxError", words, place);
  }

  /** This exception with the place it happened at, unless it has one. */
  JinjaException at(Place place) {
    if (line > 0) {
      return this;
    }
    JinjaException placed = new JinjaException(error, words, place);
    placed.setStackTrace(getStackTrace());
    return placed;
  }

  /** Python's name of the error, or one of this package's own. */
  public String error() {
    return error;
  }

  /** What is wrong, without the place. */
  public String words() {
    return words;
  }

  /** The line of the template, from 1; 0 if it is not at any. */
  public int line() {
    return line;
  }

  /** The column in that line, from 1. */
  public int column() {
    return column;
  }

  private static String message(String error, String words, @Nullable Place place) {
    String shown =
        words.length() > LONGEST && !error.equals(REFUSAL)
            ? words.substring(0, LONGEST) + "..."
            : words;
    return place == null
        ? shown
        : "line %d, column %d: %s".formatted(place.line(), place.column(), shown);
  }
}
