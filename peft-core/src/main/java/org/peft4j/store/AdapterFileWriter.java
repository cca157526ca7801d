package org.peft4j.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.io.Json;
import org.peft4j.io.RecordCodec;
import org.peft4j.io.RecordWriter;
import org.peft4j.spec.AdapterInfo;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;

/** Writes an adapter's spec as Hugging Face PEFT's {@code adapter_config.json}. */
final class AdapterFileWriter {

  /** The release of PEFT whose files these are. */
  private static final String PEFT_VERSION = "0.21.0";

  static final String ALL_LINEAR = "all-linear";

  private AdapterFileWriter() {}

  static ObjectNode json(AdapterSpec spec) {
    AdapterConfig config = spec.config();
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.putNull("auto_mapping");
    putAll(json, config.fileDefaults());
    putAll(json, config.fileMarks());
    spec.initializer()
        .ifPresent(
            start -> {
              json.put(AdapterInfo.START, start.fileName());
              putAll(json, start.fileSettings());
            });
    putAll(json, spec.info().others());
    json.setAll(RecordCodec.write((Record) config));
    json.put("peft_type", config.type());
    json.put("peft_version", PEFT_VERSION);
    json.put("base_model_name_or_path", spec.info().baseModel().orElse(null));
    json.put("revision", spec.info().revision().orElse(null));
    json.put("task_type", spec.info().taskType().orElse(null));
    json.put("inference_mode", true);
    json.put("bias", spec.info().others().get("bias") instanceof String bias ? bias : "none");
    putTargets(json, spec);
    json.set(
        "modules_to_save",
        spec.modulesToSave().isEmpty() ? json.nullNode() : array(spec.modulesToSave()));
    if (config.ranked().isPresent()) {
      json.set("rank_pattern", Json.MAPPER.valueToTree(spec.rankPattern()));
      ObjectNode alphas = json.putObject("alpha_pattern");
      spec.alphaPattern()
          .forEach((pattern, a) -> alphas.set(pattern, RecordWriter.whole(alphas.numberNode(a))));
    }
    return json;
  }

  private static void putAll(ObjectNode json, Map<String, ? extends @Nullable Object> values) {
    values.forEach((key, value) -> json.set(key, Json.MAPPER.valueToTree(value)));
  }

  private static void putTargets(ObjectNode json, AdapterSpec spec) {
    json.set("target_modules", targets(spec.targets()));
    json.set(
        "exclude_modules", spec.exclude().map(AdapterFileWriter::targets).orElse(json.nullNode()));
    json.putNull("layers_to_transform");
    json.putNull("layers_pattern");
    if (spec.targets() instanceof TargetModules.Names names) {
      if (!names.layers().isEmpty()) {
        json.set("layers_to_transform", Json.MAPPER.valueToTree(names.layers()));
      }
      if (!names.layersPattern().isEmpty()) {
        json.set("layers_pattern", array(names.layersPattern()));
      }
    }
  }

  private static JsonNode targets(TargetModules targets) {
    if (targets instanceof TargetModules.Names names) {
      return array(names.names());
    }
    if (targets instanceof TargetModules.Regex regex) {
      return Json.MAPPER.getNodeFactory().textNode(regex.pattern());
    }
    return Json.MAPPER.getNodeFactory().textNode(ALL_LINEAR);
  }

  private static ArrayNode array(List<String> values) {
    return Json.MAPPER.valueToTree(values);
  }
}
