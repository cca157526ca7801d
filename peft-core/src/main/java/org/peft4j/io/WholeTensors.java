package org.peft4j.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.peft4j.AdapterInfo;

/**
 * What an adapter's config says about tensors of the base that the adapter has its own of, beside
 * {@code modules_to_save}.
 *
 * @param bias whose biases were trained: {@code none}, {@code all}, or those of adapted layers
 * @param tied whether what is trained whole counts wherever the base uses the same tensor
 * @param tokens ids whose rows were trained, by the name of the table; an empty name means the
 *     model's own table
 */
public record WholeTensors(String bias, boolean tied, Map<String, List<Integer>> tokens) {

  static final String BIAS = "bias";
  private static final String TIED = "ensure_weight_tying";
  private static final String TOKENS = "trainable_token_indices";

  /** The settings of which all this is read. */
  public static final Set<String> KEYS = Set.of(BIAS, TIED, TOKENS);

  private static final Pattern BIASES = Pattern.compile("none|all|[a-z0-9]+_only");

  /** What {@code info} says. */
  public static WholeTensors of(AdapterInfo info) {
    Object bias = info.others().get(BIAS);
    return new WholeTensors(
        bias instanceof String text ? text : "none",
        Boolean.TRUE.equals(info.others().get(TIED)),
        tokens(info.others().get(TOKENS)));
  }

  /** Whether biases of adapted layers, or of all, were trained. */
  public boolean hasBiases() {
    return !bias.equals("none");
  }

  /**
   * @throws IllegalArgumentException if a new adapter would have to train what cannot be trained
   *     here
   */
  public void requireTrainable() {
    if (hasBiases()) {
      throw new IllegalArgumentException(
          "bias \""
              + bias
              + "\" (training biases of the base) is not supported in a new adapter; only \"none\" is");
    }
    if (!tokens.isEmpty()) {
      throw new IllegalArgumentException(
          "trainable_token_indices (training the rows of single tokens) is not supported in a new"
              + " adapter; name the table in modules_to_save to train all of it");
    }
  }

  /** Whether those of all layers were. */
  public boolean hasAllBiases() {
    return bias.equals("all");
  }

  private static Map<String, List<Integer>> tokens(@Nullable Object value) {
    Map<String, List<Integer>> tokens = new LinkedHashMap<>();
    if (value instanceof List<?> ids && !ids.isEmpty()) {
      tokens.put("", ids(ids));
    }
    if (value instanceof Map<?, ?> byTable) {
      byTable.forEach((table, ids) -> tokens.put(String.valueOf(table), ids((List<?>) ids)));
    }
    return tokens;
  }

  private static List<Integer> ids(List<?> values) {
    return values.stream().map(value -> ((Number) value).intValue()).toList();
  }

  /** What is wrong with these settings in {@code json}. */
  static List<String> problems(ObjectNode json) {
    List<String> problems = new ArrayList<>();
    JsonNode bias = json.path(BIAS);
    if (isThere(bias) && !(bias.isTextual() && BIASES.matcher(bias.textValue()).matches())) {
      problems.add(
          "bias must be \"none\", \"all\" or that of a method, such as \"lora_only\", but was "
              + Excerpt.of(bias.toString()));
    }
    if (isThere(json.path(TIED)) && !json.path(TIED).isBoolean()) {
      problems.add(
          TIED + " must be true or false but was " + Excerpt.of(json.get(TIED).toString()));
    }
    JsonNode tokens = json.path(TOKENS);
    if (isThere(tokens) && !areTokens(tokens)) {
      problems.add(
          TOKENS
              + " should be a list of token ids, or map names of tables to such lists, but is "
              + Excerpt.of(tokens.toString()));
    }
    return problems;
  }

  private static boolean isThere(JsonNode node) {
    return !node.isMissingNode() && !node.isNull();
  }

  private static boolean areTokens(JsonNode node) {
    if (!node.isObject()) {
      return areIds(node);
    }
    for (JsonNode ids : node) {
      if (!areIds(ids)) {
        return false;
      }
    }
    return true;
  }

  private static boolean areIds(JsonNode node) {
    boolean right = node.isArray();
    for (JsonNode id : node) {
      right &= id.isIntegralNumber() && id.canConvertToInt() && id.intValue() >= 0;
    }
    return right;
  }
}
