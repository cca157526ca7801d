package org.peft4j.transformers.tokenizer;

import java.nio.charset.StandardCharsets;

/** How much longer replacements, one after the other, can make a text. */
final class Growth {

  /** More than any that tokenizers are used with. */
  private static final double MOST = 64;

  private double factor = 1;

  /** Takes in that what has {@code least} bytes at least is replaced by {@code content}. */
  void add(int least, String content) {
    double length = content.getBytes(StandardCharsets.UTF_8).length;
    factor *= Math.max(1, length / Math.max(1, least));
  }

  void check(Part section) {
    if (factor > MOST) {
      section.problem(
          "has replacements that together can make a text more than %d times longer"
              .formatted((int) MOST));
    }
  }
}
