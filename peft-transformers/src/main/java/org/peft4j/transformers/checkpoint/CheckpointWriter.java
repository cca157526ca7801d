package org.peft4j.transformers.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.peft4j.io.AtomicFiles;
import org.peft4j.io.NonFinite;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.ModuleTree;
import org.peft4j.transformers.model.PretrainedModel;
import org.peft4j.transformers.model.SequenceClassifier;
import org.peft4j.transformers.text.SpecialTokens;

/** Writes a model directory beside the one a model came from. */
final class CheckpointWriter {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final Map<DataType, String> TORCH_NAMES =
      Map.of(
          DataType.FLOAT64, "float64",
          DataType.FLOAT32, "float32",
          DataType.FLOAT16, "float16",
          DataType.BFLOAT16, "bfloat16");

  private static final String PADDING = "pad_token_id";

  private final LoadedModel origin;
  private final Path directory;

  CheckpointWriter(LoadedModel origin, Path directory) {
    this.origin = origin;
    this.directory = directory;
  }

  /**
   * Everything is looked at before anything is written. The weights come last: a directory that has
   * them is complete. If writing fails nothing of it stays.
   */
  void write(PretrainedModel<?> model, DataType type) throws IOException {
    Map<String, Object> settings = model.settings();
    KeyMap keys = Families.find(origin.config()).map(this::keys).orElse(KeyMap.PLAIN);
    try (StoredTensors tensors = new StoredTensors(parameters(model), keys)) {
      write(model, settings, tensors.byName(), type);
    }
  }

  private KeyMap keys(ModelFamily family) {
    return family.keys(origin.config());
  }

  private void write(
      PretrainedModel<?> model,
      Map<String, Object> settings,
      Map<String, Buffer> tensors,
      DataType type)
      throws IOException {
    requireNew();
    requireFits(tensors, type);
    Collection<Path> companions = companions();
    boolean made = !Files.exists(directory);
    Files.createDirectories(directory);
    List<Path> written = new ArrayList<>();
    try {
      for (Path companion : companions) {
        Path copy = directory.resolve(companion.getFileName());
        written.add(copy);
        AtomicFiles.write(copy, Files.readAllBytes(companion));
      }
      written.add(directory.resolve(ModelConfig.FILE_NAME));
      writeConfig(model, settings, type);
      Safetensors.write(
          directory.resolve("model.safetensors"), tensors, Map.of("format", "pt"), type);
    } catch (IOException | RuntimeException e) {
      written.addAll(made ? List.of(directory) : List.of());
      deleteAfter(e, written);
      throw e;
    }
  }

  /** The model's, or those that an adapter has brought in their place. */
  private Collection<Path> companions() throws IOException {
    Map<Path, Path> byName = new LinkedHashMap<>();
    new Companions(origin.directory()).list().forEach(file -> byName.put(file.getFileName(), file));
    if (!origin.tokens().equals(origin.directory())) {
      new Companions(origin.tokens()).list().forEach(file -> byName.put(file.getFileName(), file));
    }
    return byName.values();
  }

  private static void deleteAfter(Exception cause, List<Path> written) {
    for (Path file : written) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        cause.addSuppressed(e);
      }
    }
  }

  /** Nothing is overwritten. */
  private void requireNew() throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    if (Files.isSameFile(directory, origin.directory())) {
      throw new IllegalArgumentException(
          "a model is not written over the one it was made from: " + directory);
    }
    if (!Files.isDirectory(directory)) {
      throw new IllegalArgumentException(directory + " is a file; name a new folder");
    }
    try (Stream<Path> files = Files.list(directory)) {
      if (files.findAny().isPresent()) {
        throw new IllegalArgumentException(directory + " is not empty; name a new folder");
      }
    }
  }

  private static void requireFits(Map<String, Buffer> tensors, DataType type) {
    tensors.forEach(
        (name, tensor) -> {
          OptionalLong found = NonFinite.first(tensor, type);
          if (found.isPresent()) {
            int row = Math.toIntExact(found.getAsLong() / tensor.columns());
            int column = Math.toIntExact(found.getAsLong() % tensor.columns());
            double value = tensor.rows(row, row + 1).toDoubles()[column];
            throw new IllegalArgumentException(
                "nothing was written: tensor %s holds %s at [%d, %d], which is not finite as %s; store the model as BF16 or F32 (merge --dtype bf16)"
                    .formatted(name, value, row, column, type.fileName()));
          }
        });
  }

  private void writeConfig(PretrainedModel<?> model, Map<String, Object> settings, DataType type)
      throws IOException {
    ObjectNode config = origin.config().entries();
    new TreeMap<>(settings).forEach((name, value) -> config.set(name, MAPPER.valueToTree(value)));
    if (model instanceof SequenceClassifier<?> && !config.hasNonNull(PADDING)) {
      // Without one Hugging Face's classifiers take one text at a time only.
      SpecialTokens.read(origin.tokens()).padding().ifPresent(id -> config.put(PADDING, id));
    }
    config.remove(Quantization.KEYS);
    config.put(config.has("dtype") ? "dtype" : "torch_dtype", TORCH_NAMES.get(type));
    AtomicFiles.write(
        directory.resolve(ModelConfig.FILE_NAME),
        MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(config));
  }

  /** Every parameter by its path; one that several modules share by the first. */
  private static Map<String, Buffer> parameters(PretrainedModel<?> model) {
    Map<String, Buffer> parameters = new LinkedHashMap<>();
    Set<Buffer> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    ModuleTree.parameters(model)
        .forEach(
            (path, parameter) -> {
              Buffer value = parameter.pretrained().value();
              if (seen.add(value)) {
                parameters.put(path, value);
              }
            });
    return parameters;
  }
}
