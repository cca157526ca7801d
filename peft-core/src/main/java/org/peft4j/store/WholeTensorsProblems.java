package org.peft4j.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.peft4j.io.Excerpt;
import org.peft4j.spec.WholeTensors;

/** What can be wrong with the settings that {@link WholeTensors} holds. */
final class WholeTensorsProblems {

  private static final Pattern BIASES = Pattern.compile("none|all|[a-z0-9]+_only");

  private WholeTensorsProblems() {}

  /** What is wrong with these settings in {@code json}. */
  static List<String> of(ObjectNode json) {
    List<String> problems = new ArrayList<>();
    JsonNode bias = json.path(WholeTensors.BIAS);
    if (isThere(bias) && !(bias.isTextual() && BIASES.matcher(bias.textValue()).matches())) {
      problems.add(
          "bias must be \"none\", \"all\" or that of a method, such as \"lora_only\", but was "
              + Excerpt.of(bias.toString()));
    }
    if (isThere(json.path(WholeTensors.TIED)) && !json.path(WholeTensors.TIED).isBoolean()) {
      problems.add(
          WholeTensors.TIED
              + " must be true or false but was "
              + Excerpt.of(json.get(WholeTensors.TIED).toString()));
    }
    JsonNode tokens = json.path(WholeTensors.TOKENS);
    if (isThere(tokens) && !areTokens(tokens)) {
      problems.add(
          WholeTensors.TOKENS
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
