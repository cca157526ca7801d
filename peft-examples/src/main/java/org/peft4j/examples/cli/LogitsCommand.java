package org.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.tensor.Tape;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.TokenBatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes the scores a model gives, for comparison with other programs. */
@Command(
    name = "logits",
    description = "Writes the scores of what follows each of some tokens to a file.")
final class LogitsCommand implements Callable<Integer> {

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
    try (LanguageModel adapted = model.load();
        Tape t = Tape.inference(adapted.peft().kernels())) {
      Buffer logits = adapted.model().logits(t, TokenBatch.of(List.of(tokens))).value();
      Safetensors.write(out, Map.of("logits", logits), Map.of("format", "pt"), DataType.FLOAT32);
      output.results(
          new Facts()
              .with("out", out.toString())
              .with("shape", List.of(logits.rows(), logits.columns())));
    }
    return 0;
  }
}
