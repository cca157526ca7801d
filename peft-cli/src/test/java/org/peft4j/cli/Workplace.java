package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.peft4j.testkit.ChildJvm;

/**
 * A folder to fine-tune in.
 *
 * @param folder for whatever else comes up
 * @param model a tiny one
 * @param texts to learn from
 * @param out where the adapter goes
 */
record Workplace(Path folder, Path model, Path texts, Path out) {

  /** With a model and texts, and a place for an adapter that is not there yet. */
  static Workplace in(Path folder) throws IOException {
    return new Workplace(
        folder,
        TinyModel.write(folder.resolve("model")),
        TinyModel.texts(folder.resolve("texts.jsonl")),
        folder.resolve("adapter"));
  }

  Workplace savingTo(Path out) {
    return new Workplace(folder, model, texts, out);
  }

  /** A command that fine-tunes, on the texts unless the options have {@code --data}. */
  Object[] finetune(Object... options) {
    List<Object> all = new ArrayList<>(List.of("finetune", "--model", model, "--out", out));
    if (!Arrays.asList(options).contains("--data")) {
      all.addAll(List.of("--data", texts));
    }
    all.addAll(Arrays.asList(options));
    return all.toArray();
  }

  /** The tensors of the adapter that such a command trains. */
  byte[] trained(Object... options) throws IOException {
    Cli.json(finetune(options));
    return bytes(out);
  }

  static byte[] bytes(Path adapter) throws IOException {
    return Files.readAllBytes(adapter.resolve("adapter_model.safetensors"));
  }

  static Object[] with(Object[] options, Object... more) {
    return Stream.concat(Arrays.stream(options), Arrays.stream(more)).toArray();
  }

  /** A command in a process of its own. */
  Process process(Object... command) throws IOException {
    return ChildJvm.of(List.of(), PeftCommand.class, command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("process.log").toFile())
        .start();
  }

  /** What that process has written. */
  String log() throws IOException {
    Path log = folder.resolve("process.log");
    return Files.exists(log) ? Files.readString(log) : "";
  }
}
