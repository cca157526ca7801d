package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.model.TokenBatch;

/** Examples that were tokenized elsewhere and are taken as they are, or not at all. */
record TokenRows(ExampleSettings settings) implements RowShape<Example> {

  @Override
  public Optional<RowFormat> format() {
    return Optional.of(RowFormat.TOKENS);
  }

  @Override
  public Set<String> keys(Row row) {
    return Set.of("input_ids", "labels", "attention_mask");
  }

  @Override
  public boolean fits(Row row) {
    return row.has("input_ids");
  }

  @Override
  public Example read(Row row) throws BadLineException {
    int[] ids = ids(row.get("input_ids"));
    requireNoPadding(row.get("attention_mask"));
    Example example =
        row.has("labels")
            ? new Example(ids, labels(row.get("labels"), ids.length))
            : Example.of(ids);
    if (example.targets() == 0) {
      throw new BadLineException("predicts nothing: no token after the first has a label");
    }
    return example;
  }

  @Override
  public String wanted() {
    return "\"input_ids\" with or without \"labels\"";
  }

  private int[] ids(JsonNode array) throws BadLineException {
    int[] ids = integers("input_ids", array);
    if (ids.length == 0) {
      throw new BadLineException("\"input_ids\" is empty");
    }
    if (ids.length > settings.maxLength()) {
      throw new BadLineException(
          "\"input_ids\" holds %d tokens but at most %d are allowed, and token rows are not cut; --max-length takes more"
              .formatted(ids.length, settings.maxLength()));
    }
    for (int i = 0; i < ids.length; i++) {
      if (!settings.knows(ids[i])) {
        throw new BadLineException(
            "\"input_ids\"[%d] is %d, outside the vocabulary of %d"
                .formatted(i, ids[i], settings.vocabulary()));
      }
    }
    return ids;
  }

  private int[] labels(JsonNode array, int tokens) throws BadLineException {
    int[] labels = integers("labels", array);
    if (labels.length != tokens) {
      throw new BadLineException(
          "\"labels\" must hold %d numbers like \"input_ids\" but holds %d"
              .formatted(tokens, labels.length));
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] != TokenBatch.IGNORED && !settings.knows(labels[i])) {
        throw new BadLineException(
            "\"labels\"[%d] is %d, neither -100 nor in the vocabulary of %d"
                .formatted(i, labels[i], settings.vocabulary()));
      }
    }
    return labels;
  }

  /** Tokenizing scripts often pad and say so here only; trained on, the padding would do harm. */
  private static void requireNoPadding(JsonNode mask) throws BadLineException {
    for (JsonNode seen : mask) {
      if (seen.asInt(1) == 0) {
        throw new BadLineException(
            "\"attention_mask\" hides tokens; leave padding out of \"input_ids\"");
      }
    }
  }

  private static int[] integers(String key, JsonNode array) throws BadLineException {
    if (!array.isArray()) {
      throw new BadLineException(
          "\"%s\" must be an array but is %s".formatted(key, Row.kind(array)));
    }
    int[] integers = new int[array.size()];
    for (int i = 0; i < integers.length; i++) {
      JsonNode value = array.get(i);
      if (!value.isIntegralNumber() || !value.canConvertToInt()) {
        throw new BadLineException(
            "\"%s\"[%d] must be an integer but is %s"
                .formatted(key, i, value.isNumber() ? value.asText() : Row.kind(value)));
      }
      integers[i] = value.intValue();
    }
    return integers;
  }
}
