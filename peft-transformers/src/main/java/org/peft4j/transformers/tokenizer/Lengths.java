package org.peft4j.transformers.tokenizer;

import java.util.OptionalLong;
import java.util.Set;

/** The sections {@code truncation} and {@code padding}. */
final class Lengths {

  private static final long LONGEST = 1 << 24;
  private static final Set<String> SIDES = Set.of("Left", "Right");

  private Lengths() {}

  static void checkTruncation(Part truncation) {
    if (truncation.isMissing() || !truncation.isObject()) {
      return;
    }
    side(truncation);
    truncation.at("strategy").oneOf(Set.of("LongestFirst", "OnlyFirst", "OnlySecond"));
    OptionalLong length = truncation.at("max_length").count(1, Long.MAX_VALUE);
    truncation.at("stride").count(0, length.orElse(1) - 1);
  }

  static void checkPadding(Part padding) {
    if (padding.isMissing() || !padding.isObject()) {
      return;
    }
    side(padding);
    Part strategy = padding.at("strategy");
    if (strategy.json().isObject()) {
      strategy.at("Fixed").count(0, LONGEST);
    } else {
      strategy.oneOf(Set.of("BatchLongest"));
    }
    padding.at("pad_to_multiple_of").optionalCount(1, LONGEST);
    padding.at("pad_id").count(0, AddedTokens.LARGEST_ID);
    padding.at("pad_type_id").count(0, AddedTokens.LARGEST_ID);
    padding.at("pad_token").text();
  }

  private static void side(Part section) {
    if (!section.at("direction").isMissing()) {
      section.at("direction").oneOf(SIDES);
    }
  }
}
