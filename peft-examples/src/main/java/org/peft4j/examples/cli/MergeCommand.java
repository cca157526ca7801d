package org.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.peft4j.transformers.CausalLm;
import org.peft4j.transformers.Checkpoint;
import org.peft4j.transformers.LanguageModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes a plain model of a model and its adapter. */
@Command(
    name = "merge",
    description = "Makes a plain Hugging Face model of a model and its adapter.")
final class MergeCommand implements Callable<Integer> {

  @Mixin private ModelOptions model;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where to write the model.")
  private Path out;

  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Path adapter = model.adapter();
    if (adapter == null) {
      throw new IllegalArgumentException("--adapter DIR is missing: there is nothing to merge");
    }
    model.check();
    Places.requireOther(out, "--model", model.folder());
    Places.requireOther(out, "--adapter", adapter);
    Places.newFolder("--out", out);
    try (LanguageModel adapted = model.load()) {
      CausalLm<?> merged = adapted.peft().merge();
      Checkpoint.save(merged, adapted.origin(), out);
      double difference = LogitsCheck.difference(adapted.peft().kernels(), adapted.model(), merged);
      output.results(new Facts().with("out", out.toString()).with("max_difference", difference));
    }
    return 0;
  }
}
