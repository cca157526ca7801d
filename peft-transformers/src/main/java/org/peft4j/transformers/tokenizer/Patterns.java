package org.peft4j.transformers.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What is searched for: {@code {"String": ...}} or {@code {"Regex": ...}}. */
final class Patterns {

  private Patterns() {}

  /** The least number of bytes of what it finds. */
  static int check(Part pattern) {
    if (!pattern.isObject()) {
      return 1;
    }
    if (!pattern.at("String").isMissing()) {
      String text = pattern.at("String").text();
      if (text.isEmpty()) {
        pattern.problem("must not be empty");
      }
      return text.getBytes(StandardCharsets.UTF_8).length;
    }
    Part regex = pattern.at("Regex");
    Optional<String> problem = new RegexCheck(regex.text()).problem();
    problem.ifPresent(regex::problem);
    return 1;
  }
}
