package org.peft4j.transformers.tokenizer;

import java.util.List;

/** The section {@code added_tokens}: tokens that are found before anything else. */
final class AddedTokens {

  /** One more must be an int in Java. */
  static final long LARGEST_ID = Integer.MAX_VALUE - 1;

  private AddedTokens() {}

  static void check(Part tokens) {
    if (tokens.isMissing()) {
      return;
    }
    for (Part token : tokens.list()) {
      if (token.isObject()) {
        token.at("id").count(0, LARGEST_ID);
        if (token.at("content").text().isEmpty()) {
          token.at("content").problem("must not be empty");
        }
        for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
          token.at(flag).flag();
        }
      }
    }
  }
}
