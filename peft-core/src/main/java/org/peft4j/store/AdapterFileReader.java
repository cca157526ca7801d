package org.peft4j.store;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Excerpt;
import org.peft4j.io.Json;
import org.peft4j.io.RecordCodec;
import org.peft4j.spec.AdapterInfo;
import org.peft4j.spec.AdapterMethods;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.Initialization;
import org.peft4j.spec.LayerPatterns;
import org.peft4j.spec.Placement;
import org.peft4j.spec.TargetModules;
import org.peft4j.spec.WholeTensors;

/**
 * Reads an adapter's spec from Hugging Face PEFT's {@code adapter_config.json}; collects what is
 * wrong with it and says it all at once.
 */
final class AdapterFileReader {

  private static final String TARGETS = "target_modules";

  /** Patterns and their ranks, unless it is a setting of the method, which then reads it. */
  private static final String RANKS = "rank_pattern";

  private static final Predicate<JsonNode> RANK =
      value -> value.isIntegralNumber() && value.canConvertToInt() && value.intValue() > 0;

  private static final Predicate<JsonNode> ALPHA =
      value -> value.isNumber() && value.doubleValue() > 0 && Double.isFinite(value.doubleValue());

  private static final Set<String> OWN_KEYS =
      Set.of(
          "peft_type",
          "peft_version",
          "base_model_name_or_path",
          "revision",
          "task_type",
          "inference_mode",
          "target_modules",
          "exclude_modules",
          "layers_to_transform",
          "layers_pattern",
          "modules_to_save",
          RANKS,
          "alpha_pattern");

  private final Path file;
  private final ObjectNode json;
  private final List<String> problems = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  AdapterFileReader(Path file, ObjectNode json) {
    this.file = file;
    this.json = json;
  }

  /** What the file says that has no meaning here. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /**
   * The spec of an adapter to be called {@code name}.
   *
   * @throws AdapterFormatException if anything is wrong; the message names all of it
   */
  AdapterSpec spec(String name) throws IOException {
    AdapterConfig prototype = prototype();
    requireComputable(prototype);
    Optional<TargetModules> targets = targets(TARGETS);
    if (isMissing(TARGETS)) {
      problems.add("target_modules is missing");
    }
    Optional<TargetModules> exclude = targets("exclude_modules");
    Set<String> settings = RecordCodec.keys(prototype.getClass());
    Map<String, Integer> ranks =
        settings.contains(RANKS) ? Map.of() : values(RANKS, RANK, JsonNode::intValue);
    Map<String, Double> alphas = values("alpha_pattern", ALPHA, JsonNode::doubleValue);
    WholeTensorsProblems.of(json).forEach(problems::add);
    List<String> modulesToSave = strings("modules_to_save");
    if (!problems.isEmpty()) {
      throw new AdapterFormatException(file, problems);
    }
    return new AdapterSpec(
        name,
        (AdapterConfig) RecordCodec.read(file, json, (Record) prototype),
        new Placement(targets.orElseThrow(), exclude, modulesToSave),
        new LayerPatterns(ranks, alphas),
        Initialization.OWN,
        info(prototype));
  }

  private AdapterConfig prototype() throws AdapterFormatException {
    String type = text("peft_type").orElse("");
    if (type.isEmpty()) {
      throw new AdapterFormatException(
          file, "peft_type is missing; known are " + AdapterMethods.types());
    }
    List<AdapterConfig> candidates =
        AdapterMethods.all().stream()
            .filter(config -> config.type().equals(type) && hasMarks(config))
            .toList();
    return candidates.stream()
        .filter(config -> RecordCodec.hasConstants(config.getClass(), json))
        .findFirst()
        .or(() -> candidates.stream().findFirst())
        .orElseThrow(
            () ->
                new AdapterFormatException(
                    file,
                    "peft_type "
                        + Excerpt.of(type)
                        + " is not known here; known are "
                        + AdapterMethods.types()));
  }

  /** A mark that a file does not mention stands at the value that the method without marks has. */
  private boolean hasMarks(AdapterConfig config) {
    return config.fileMarks().entrySet().stream()
        .allMatch(
            mark -> {
              JsonNode value = json.path(mark.getKey());
              boolean absent = value.isMissingNode() || value.isNull();
              return absent
                  ? Boolean.FALSE.equals(mark.getValue())
                  : value.equals(Json.MAPPER.valueToTree(mark.getValue()));
            });
  }

  private void requireComputable(AdapterConfig config) {
    config
        .fileDefaults()
        .forEach(
            (key, value) -> {
              boolean differs =
                  json.hasNonNull(key) && !json.get(key).equals(Json.MAPPER.valueToTree(value));
              boolean matters =
                  !config.harmlessFileKeys().contains(key) && !WholeTensors.KEYS.contains(key);
              if (differs && matters && !isEmpty(json.get(key))) {
                problems.add(
                    "setting "
                        + key
                        + " = "
                        + Excerpt.of(json.get(key).toString())
                        + " is not supported; only "
                        + value
                        + " is");
              }
            });
  }

  private static boolean isEmpty(JsonNode node) {
    return node.isContainerNode() && node.isEmpty();
  }

  private Optional<TargetModules> targets(String key) {
    JsonNode node = json.path(key);
    if (node.isMissingNode() || node.isNull()) {
      return Optional.empty();
    }
    try {
      return node.isTextual() ? Optional.of(pattern(key, node.textValue())) : names(key);
    } catch (IllegalArgumentException e) {
      problems.add(key + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  private TargetModules pattern(String key, String text) {
    if (isLimited(key) && !(layers().isEmpty() && strings("layers_pattern").isEmpty())) {
      problems.add("layers_to_transform and layers_pattern want a list of names in " + key);
    }
    return text.equalsIgnoreCase(AdapterFileWriter.ALL_LINEAR)
        ? TargetModules.allLinear()
        : TargetModules.regex(text);
  }

  private Optional<TargetModules> names(String key) {
    List<String> names = strings(key);
    if (names.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        isLimited(key)
            ? new TargetModules.Names(names, layers(), strings("layers_pattern"))
            : new TargetModules.Names(names));
  }

  /** Targets can be limited to some layers, exclusions cannot. */
  private static boolean isLimited(String key) {
    return key.equals(TARGETS);
  }

  private boolean isMissing(String key) {
    JsonNode node = json.path(key);
    return node.isMissingNode() || node.isNull() || isEmpty(node);
  }

  private List<Integer> layers() {
    JsonNode node = json.path("layers_to_transform");
    if (node.isInt()) {
      return List.of(node.intValue());
    }
    return list(
        "layers_to_transform",
        JsonNode::isInt,
        JsonNode::intValue,
        "a whole number or a list of them");
  }

  private List<String> strings(String key) {
    JsonNode node = json.path(key);
    if (node.isTextual()) {
      return List.of(node.textValue());
    }
    return list(key, JsonNode::isTextual, JsonNode::textValue, "a string or a list of strings");
  }

  private <T> List<T> list(
      String key, Predicate<JsonNode> is, Function<JsonNode, T> as, String wanted) {
    JsonNode node = json.path(key);
    List<T> values = new ArrayList<>();
    boolean right = node.isArray() || node.isMissingNode() || node.isNull();
    for (JsonNode element : node) {
      right &= is.test(element);
      values.add(as.apply(element));
    }
    if (!right) {
      problems.add(key + " should be " + wanted + " but is " + Excerpt.of(node.toString()));
      return List.of();
    }
    return values;
  }

  private <T> Map<String, T> values(String key, Predicate<JsonNode> is, Function<JsonNode, T> as) {
    JsonNode node = json.path(key);
    if (node.isMissingNode() || node.isNull()) {
      return Map.of();
    }
    Map<String, T> values = new LinkedHashMap<>();
    boolean right = node.isObject();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      right &= is.test(entry.getValue());
      values.put(entry.getKey(), as.apply(entry.getValue()));
    }
    if (!right) {
      problems.add(
          key
              + (is == RANK
                  ? " should map patterns to whole numbers above 0 but is "
                  : " should map patterns to numbers above 0 but is ")
              + Excerpt.of(node.toString()));
      return Map.of();
    }
    return values;
  }

  private Optional<String> text(String key) {
    return Optional.ofNullable(json.path(key).textValue());
  }

  private AdapterInfo info(AdapterConfig config) {
    Map<String, @Nullable Object> others =
        Json.MAPPER.convertValue(
            json, new TypeReference<LinkedHashMap<String, @Nullable Object>>() {});
    others.keySet().removeAll(OWN_KEYS);
    others.keySet().removeAll(RecordCodec.keys(config.getClass()));
    others.keySet().removeAll(config.fileMarks().keySet());
    others.remove(WholeTensors.BIAS, "none");
    noteUnknown(config, others);
    return new AdapterInfo(
        text("base_model_name_or_path"), text("revision"), text("task_type"), others);
  }

  /** Settings of later releases, of other programs, or misspelt ones. */
  private void noteUnknown(AdapterConfig config, Map<String, @Nullable Object> others) {
    List<String> unknown =
        others.keySet().stream()
            .filter(key -> !config.fileDefaults().containsKey(key))
            .filter(key -> !WholeTensors.KEYS.contains(key) && !key.equals("auto_mapping"))
            .filter(key -> says(json.get(key)))
            .toList();
    if (!unknown.isEmpty()) {
      notes.add(
          "adapter_config.json has settings that are not known here and change nothing: "
              + Excerpt.list(unknown));
    }
  }

  private static boolean says(JsonNode value) {
    return !value.isNull() && !isEmpty(value) && !(value.isBoolean() && !value.booleanValue());
  }
}
