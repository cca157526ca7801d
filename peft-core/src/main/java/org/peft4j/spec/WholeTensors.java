package org.peft4j.spec;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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

  /** The key for biases. */
  public static final String BIAS = "bias";

  /** The key for tying. */
  public static final String TIED = "ensure_weight_tying";

  /** The key for rows of tables. */
  public static final String TOKENS = "trainable_token_indices";

  /** The settings of which all this is read. */
  public static final Set<String> KEYS = Set.of(BIAS, TIED, TOKENS);

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
}
