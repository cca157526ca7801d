package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.DataType;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.TextClassifier;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.checkpoint.LoadedModel;
import org.peft4j.transformers.checkpoint.Task;
import org.peft4j.transformers.model.PretrainedModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes a plain model of a model and its adapter. */
@Command(
    name = "merge",
    description = "Makes a plain Hugging Face model of a model and its adapter.")
final class MergeCommand implements Callable<Integer> {

  @Spec private CommandSpec command;

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

  @Mixin private LabelOptions labels;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Path adapter = model.adapter();
    if (adapter == null) {
      throw new IllegalArgumentException("--adapter DIR is missing: there is nothing to merge");
    }
    model.check();
    if (model.task() == Task.LANGUAGE) {
      Uses.refuse(
          command.commandLine().getParseResult(), "to a model that predicts text", "--labels");
    }
    Places.requireOther(out, "--model", model.folder());
    Places.requireOther(out, "--adapter", adapter);
    Places.newFolder("--out", out);
    Places.requireEmpty("--out", out);
    double difference =
        model.task() == Task.CLASSIFICATION ? mergeClassifier() : mergeLanguageModel();
    output.results(new Facts().with("out", out.toString()).with("max_difference", difference));
    return 0;
  }

  /**
   * Merges.
   *
   * @return how far what the adapter computes and what the files that were written do are apart
   */
  private double mergeLanguageModel() throws IOException {
    try (LanguageModel adapted = model.load()) {
      write(adapted.peft().merge(), adapted.origin());
      try (LanguageModel written = model.loadOther(out)) {
        return LogitsCheck.difference(
            LogitsCheck.logits(adapted.peft().inference(), adapted.model()),
            LogitsCheck.logits(written.peft().inference(), written.model()));
      }
    }
  }

  private double mergeClassifier() throws IOException {
    try (TextClassifier adapted = model.loadClassifier(labels)) {
      write(adapted.peft().merge(), adapted.origin());
      try (TextClassifier written = model.loadOtherClassifier(out)) {
        return LogitsCheck.difference(
            LogitsCheck.logits(adapted.peft().inference(), adapted.model()),
            LogitsCheck.logits(written.peft().inference(), written.model()));
      }
    }
  }

  private void write(PretrainedModel<?> merged, LoadedModel origin) throws IOException {
    Checkpoint.save(merged, origin, out, type == null ? origin.storedType() : type);
  }
}
