package org.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.DataType;
import org.peft4j.transformers.Checkpoint;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.LoadedModel;
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

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = StoredType.class,
      description = "What to store: f32, bf16 or f16. Default: what the model is stored in.")
  private @Nullable DataType type;

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
    Places.requireEmpty("--out", out);
    try (LanguageModel adapted = model.load()) {
      LoadedModel origin = adapted.origin();
      Checkpoint.save(
          adapted.peft().merge(), origin, out, type == null ? origin.storedType() : type);
      double difference = difference(adapted);
      output.results(new Facts().with("out", out.toString()).with("max_difference", difference));
    }
    return 0;
  }

  /** Between what the adapter computes and what the files that were written do. */
  private double difference(LanguageModel adapted) throws IOException {
    try (LanguageModel written = model.loadOther(out)) {
      return LogitsCheck.difference(adapted.peft().kernels(), adapted.model(), written.model());
    }
  }
}
