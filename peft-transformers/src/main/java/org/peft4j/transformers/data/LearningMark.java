package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Keys by which data says that something is not to be learned, or how much. */
final class LearningMark {

  static final Set<String> KEYS =
      Set.of(
          "weight",
          "train",
          "training",
          "trainable",
          "loss",
          "learn",
          "loss_weight",
          "loss_scale",
          "loss_mask",
          "sample_weight",
          "train_detail",
          "training_detail");

  private LearningMark() {}

  /** Whether a mark changes nothing. */
  static boolean isHarmless(JsonNode mark) {
    return Row.isEmpty(mark) || learned(mark).equals(Optional.of(true));
  }

  /** Whether what is marked so is to be learned; nothing where a mark says something else. */
  static Optional<Boolean> learned(JsonNode mark) {
    String text = mark.asText().toLowerCase(Locale.ROOT);
    boolean yes = text.equals("true") || (isNumber(mark) && mark.asDouble() == 1);
    boolean no = text.equals("false") || (isNumber(mark) && mark.asDouble() == 0);
    return yes || no ? Optional.of(yes) : Optional.empty();
  }

  /** Cells of a table are all strings. */
  private static boolean isNumber(JsonNode mark) {
    return mark.isNumber() || mark.asText().matches("[01](\\.0)?");
  }
}
