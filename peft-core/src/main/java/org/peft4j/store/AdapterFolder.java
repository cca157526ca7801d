package org.peft4j.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Excerpt;

/** Which files of a folder are an adapter's; says what else the folder is where it is none. */
final class AdapterFolder {

  static final String CONFIG = "adapter_config.json";
  static final String TENSORS = "adapter_model.safetensors";

  /** What is to be done about tensors without numbers. */
  static final String GATHER =
      ", as DeepSpeed's ZeRO-3 leaves tensors that it has not gathered: save with"
          + " stage3_gather_16bit_weights_on_model_save, or make whole tensors of the checkpoint by"
          + " its zero_to_fp32.py";

  private static final String PICKLE = "adapter_model.bin";

  private AdapterFolder() {}

  /** The config's file, which is there. */
  static Path config(Path folder) throws IOException {
    Path file = folder.resolve(CONFIG);
    if (Files.exists(file)) {
      return file;
    }
    if (!Files.exists(folder)) {
      throw new AdapterFormatException(
          folder,
          "there is no such folder; an adapter is read from a folder on this machine, so download"
              + " it first where this is its name on the Hugging Face Hub");
    }
    if (!Files.isDirectory(folder)) {
      throw new AdapterFormatException(folder, "is a file; name the adapter's folder");
    }
    throw new AdapterFormatException(
        folder, "holds no " + CONFIG + ", so it is not an adapter" + whatItIs(folder));
  }

  private static String whatItIs(Path folder) throws IOException {
    if (Files.exists(folder.resolve("config.json"))) {
      return " but a model, which goes where the model is named";
    }
    List<String> inside = adaptersIn(folder);
    return inside.isEmpty()
        ? ""
        : "; there are adapters in the folders " + Excerpt.list(inside) + " in it: name one";
  }

  private static List<String> adaptersIn(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> Files.exists(entry.resolve(CONFIG)))
          .map(entry -> entry.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  /** The tensors of the adapter whose config is {@code config}, under the names PEFT gives them. */
  static TensorSource tensors(Path folder, ObjectNode config) throws IOException {
    if (MlxAdapter.is(config)) {
      return mlx(folder);
    }
    Path file = folder.resolve(TENSORS);
    if (Files.exists(file)) {
      return TensorSource.of(file);
    }
    if (Files.exists(folder.resolve(PICKLE))) {
      throw new AdapterFormatException(
          folder,
          "holds its tensors as "
              + PICKLE
              + " only, a pickle, which is a program to be run and so is not read; convert it to "
              + TENSORS
              + ": load it in Hugging Face PEFT and save it with save_pretrained(folder,"
              + " safe_serialization=True)");
    }
    throw new AdapterFormatException(folder, "holds no " + TENSORS);
  }

  /** Whether its tensors are there, as PEFT writes them. */
  static boolean hasTensors(Path folder) {
    return Files.exists(folder.resolve(TENSORS));
  }

  private static TensorSource mlx(Path folder) throws IOException {
    Path file =
        Stream.of(MlxAdapter.TENSORS, TENSORS)
            .map(folder::resolve)
            .filter(Files::exists)
            .findFirst()
            .orElseThrow(
                () ->
                    new AdapterFormatException(
                        folder,
                        "holds the config of an adapter of mlx-lm but no " + MlxAdapter.TENSORS));
    return MlxAdapter.turned(TensorSource.of(file));
  }

  /** {@code config} as PEFT would write it today. */
  static ObjectNode inPeftsWords(Path file, ObjectNode config, TensorSource tensors)
      throws AdapterFormatException {
    if (MlxAdapter.is(config)) {
      return MlxAdapter.config(file, config, tensors);
    }
    return today(config);
  }

  /** {@code config} with what older releases called otherwise. */
  static ObjectNode today(ObjectNode config) {
    ObjectNode today = config.deepCopy();
    if (today.path("peft_type").asText().equals("BONE")) {
      today.put("peft_type", "MISS");
    }
    Optional.of(today.path("init_weights"))
        .filter(start -> today.path("peft_type").asText().equals("MISS"))
        .filter(start -> start.isBoolean() && !start.booleanValue())
        .ifPresent(random -> today.put("init_weights", true));
    return today;
  }
}
