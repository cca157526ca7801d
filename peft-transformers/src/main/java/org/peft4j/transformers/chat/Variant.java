package org.peft4j.transformers.chat;

import java.time.LocalDateTime;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.peft4j.io.Excerpt;
import org.peft4j.transformers.jinja.JinjaException;
import org.peft4j.transformers.jinja.JinjaTemplate;
import org.peft4j.transformers.jinja.JinjaText;

/** One template, read when it is made; what is wrong with it is said when it is used. */
final class Variant {

  private static final int LONGEST = 600;

  private final String place;
  private @Nullable JinjaTemplate template;
  private @Nullable JinjaException unreadable;

  /**
   * @param place where it comes from, for messages
   */
  Variant(String place, String source) {
    this.place = place;
    try {
      template = JinjaTemplate.parse(source);
    } catch (JinjaException e) {
      unreadable = e;
    }
  }

  String place() {
    return place;
  }

  JinjaTemplate requireReadable() {
    if (unreadable != null) {
      throw failure(unreadable);
    }
    return Objects.requireNonNull(template);
  }

  /** Whether it tells itself what the model says. */
  boolean marksWords() {
    return requireReadable().marksWords();
  }

  JinjaText render(Map<String, @Nullable Object> variables, LocalDateTime now) {
    try {
      return requireReadable().render(variables, now);
    } catch (JinjaException e) {
      throw failure(e);
    }
  }

  private IllegalArgumentException failure(JinjaException e) {
    String said =
        e.error().equals(JinjaException.REFUSAL) ? e.words() : String.valueOf(e.getMessage());
    String words = Excerpt.of(said, LONGEST);
    String does =
        e.error().equals(JinjaException.REFUSAL) ? " refuses it: " : " cannot be rendered: ";
    return new IllegalArgumentException(place + does + words, e);
  }
}
