package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/**
 * The keys of a row that its format does not read. Those that say how or whether to learn, or what
 * a conversation stands on, are refused; others, such as a number or a source, are told of once.
 */
record UnreadKeys(Row row, Reading reading) {

  private static final Set<String> CONTEXT =
      Set.of(
          "system",
          "history",
          "tools",
          "functions",
          "function_call",
          "documents",
          "chat_template_kwargs",
          "images",
          "image",
          "videos",
          "video",
          "audios",
          "audio");

  private static final Set<String> PAIRS = Set.of("chosen", "rejected");

  /**
   * Labels of a list line up with tokens; one that is true or false tells good answers from bad.
   */
  private static final Set<String> LABELS = Set.of("label", "labels", "kto_tag");

  void check(RowShape<?> shape) throws BadLineException {
    for (String key : row.keys()) {
      if (shape.keys(row).stream().noneMatch(read -> row.columns().key(read).equals(key))) {
        check(key, row.object().get(key), shape);
      }
    }
  }

  private void check(String key, JsonNode value, RowShape<?> shape) throws BadLineException {
    if (CONTEXT.contains(key) && !Row.isEmpty(value)) {
      throw refused(key, "is not read beside " + shape.wanted());
    }
    if (LearningMark.KEYS.contains(key) && !LearningMark.isHarmless(value)) {
      throw refused(key, "says how to learn a row, which is not done");
    }
    if (LABELS.contains(key) && (value.isArray() || value.isBoolean())) {
      throw refused(key, "says what to learn, but is not read beside " + shape.wanted());
    }
    if (PAIRS.contains(key) && !Row.isEmpty(value)) {
      throw refused(key, "is half of a pair of answers, which dpo learns from");
    }
    reading.unread(key);
  }

  private static BadLineException refused(String key, String why) {
    return new BadLineException("\"%s\" %s; --ignore %s passes over it".formatted(key, why, key));
  }
}
