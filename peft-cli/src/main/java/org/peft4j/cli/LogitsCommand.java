package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.AtomicFolders;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.tensor.Tape;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.model.TokenBatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes the scores a model gives, for comparison with other programs. */
@Command(
    name = "logits",
    description = "Writes the scores of what follows each of some tokens to a file.")
final class LogitsCommand implements Callable<Integer> {

  private static final String LOGITS = "logits";

  @Mixin private ModelOptions model;

  @Option(
      names = "--tokens",
      required = true,
      split = ",",
      paramLabel = "ID",
      description = "The ids of the tokens, used exactly as they are.")
  private int[] tokens;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "A safetensors file for the tensor \"logits\" [tokens, vocabulary], float32.")
  private Path out;

  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    model.check();
    Places.newFile("--out", out);
    requireOurs();
    try (LanguageModel adapted = model.load();
        Tape t = adapted.peft().inference()) {
      Buffer logits = adapted.model().logits(t, TokenBatch.of(List.of(tokens))).value();
      AtomicFolders.create(Places.around(out));
      Safetensors.write(out, Map.of(LOGITS, logits), Map.of("format", "pt"), DataType.FLOAT32);
      output.results(
          new Facts()
              .with("out", out.toString())
              .with("shape", List.of(logits.rows(), logits.columns())));
    }
    return 0;
  }

  /** A model's file is easily named by mistake. */
  private void requireOurs() throws IOException {
    if (!Files.exists(out)) {
      return;
    }
    try (Safetensors there = Safetensors.open(out)) {
      if (there.names().equals(Set.of(LOGITS))) {
        return;
      }
    } catch (AdapterFormatException e) {
      throw new IllegalArgumentException(lost(), e);
    }
    throw new IllegalArgumentException(lost());
  }

  private String lost() {
    return "--out %s holds something else than logits, which would be lost; name another file"
        .formatted(out);
  }
}
