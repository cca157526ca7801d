package org.peft4j.transformers;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.ModuleTree;

/** Writes a model directory beside the one a model came from. */
final class CheckpointWriter {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** What belongs to a model besides its numbers and its config. */
  private static final List<String> COMPANIONS =
      List.of(
          "generation_config.json",
          "tokenizer.json",
          "tokenizer.model",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "vocab.txt",
          "merges.txt",
          "chat_template.jinja",
          "chat_template.json");

  private static final Map<DataType, String> TORCH_NAMES =
      Map.of(
          DataType.FLOAT64, "float64",
          DataType.FLOAT32, "float32",
          DataType.FLOAT16, "float16",
          DataType.BFLOAT16, "bfloat16");

  private final LoadedModel origin;
  private final Path directory;

  CheckpointWriter(LoadedModel origin, Path directory) {
    this.origin = origin;
    this.directory = directory;
  }

  /** The weights come last: a directory that has them is complete. */
  void write(PretrainedModel<?> model, DataType type) throws IOException {
    Map<String, Object> settings = model.settings();
    Files.createDirectories(directory);
    if (Files.isSameFile(directory, origin.directory())) {
      throw new IllegalArgumentException(
          "a model is not written over the one it was made from: " + directory);
    }
    copyCompanions();
    writeConfig(settings, type);
    Safetensors.write(
        directory.resolve("model.safetensors"), tensors(model), Map.of("format", "pt"), type);
  }

  private void copyCompanions() throws IOException {
    for (String name : COMPANIONS) {
      Path source = origin.directory().resolve(name);
      if (Files.exists(source)) {
        Files.copy(source, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private void writeConfig(Map<String, Object> settings, DataType type) throws IOException {
    ObjectNode config = origin.config().entries();
    settings.forEach((name, value) -> config.set(name, MAPPER.valueToTree(value)));
    config.remove(Quantization.KEYS);
    config.put(config.has("dtype") ? "dtype" : "torch_dtype", TORCH_NAMES.get(type));
    Files.write(
        directory.resolve(ModelConfig.FILE_NAME),
        MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(config));
  }

  /** Every tensor by its path; one that several modules share by the first. */
  private static Map<String, Buffer> tensors(PretrainedModel<?> model) {
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    Set<Buffer> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    ModuleTree.parameters(model)
        .forEach(
            (path, parameter) -> {
              Buffer value = parameter.pretrained().value();
              if (seen.add(value)) {
                tensors.put(path, value);
              }
            });
    return tensors;
  }
}
