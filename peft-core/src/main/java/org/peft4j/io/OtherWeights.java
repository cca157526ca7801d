package org.peft4j.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What a folder holds in which the safetensors of a model were looked for. */
final class OtherWeights {

  private OtherWeights() {}

  /** Says what is there instead and how to make of it what is wanted. */
  static String instead(Path directory) throws IOException {
    String missing = "holds neither model.safetensors nor " + ShardIndex.FILE_NAME;
    List<String> names = names(directory);
    for (String name : names) {
      if (name.matches(".*\\.(bin|pt|pth|pkl|ckpt)")) {
        return missing
            + " but "
            + name
            + ", a pickle, which may run any code when it is read; convert it in Python where it is"
            + " trusted: AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER,"
            + " safe_serialization=True)";
      }
    }
    for (String name : names) {
      if (name.matches(".*\\.(gguf|ggml|h5|msgpack|onnx|npz)")) {
        return missing
            + " but "
            + name
            + ", which is not read here; download the safetensors of the same model";
      }
    }
    for (String name : names) {
      if (name.endsWith(".safetensors")) {
        return missing
            + " but "
            + name
            + "; a model in several files needs its index, one in a single file that name";
      }
    }
    return missing;
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> String.valueOf(entry.getFileName())).sorted().toList();
    }
  }
}
