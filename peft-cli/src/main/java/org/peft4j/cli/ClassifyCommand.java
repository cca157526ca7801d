package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.peft4j.spec.AdapterInfo;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.transformers.MemoryEstimate;
import org.peft4j.transformers.TextClassifier;
import org.peft4j.transformers.checkpoint.Task;
import org.peft4j.transformers.data.ClassBatches;
import org.peft4j.transformers.data.ClassExample;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.model.ClassBatch;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.TokenBatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Trains an adapter and an output layer that tell texts apart. */
@Command(
    name = "classify",
    description =
        "Trains an adapter and an output layer that tell texts apart: rows {\"text\", \"label\"}.")
final class ClassifyCommand implements Callable<Integer> {

  @Mixin private ModelOptions model;
  @Mixin private AdapterOptions adapter;
  @Mixin private FileOptions data;
  @Mixin private LabelOptions labels;
  @Mixin private FitOptions fit;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    fit.check(model.folder(), model.adapter());
    fit.training().rows().refusePacking();
    data.check();
    model.check();
    AdapterInfo info = AdapterInfo.madeFor(model.name());
    AdapterSpec spec = adapter.wanted(model, info, fit.training().seed());
    try (TextClassifier base = load()) {
      List<ClassExample> examples = data.readClasses(data.data(), base, output);
      if (model.adapter() == null) {
        base.adapt(spec);
      }
      return fit(base, examples);
    }
  }

  /** A model or an adapter that has labels keeps them. */
  private TextClassifier load() throws IOException {
    if (model.adapter() != null) {
      model.require(Task.CLASSIFICATION);
    }
    return model.task() == Task.CLASSIFICATION
        ? model.loadClassifier(labels)
        : model.loadClassifier(newLabels(), fit.training().seed());
  }

  private Labels newLabels() throws IOException {
    Optional<Labels> given = labels.given();
    if (given.isPresent()) {
      return given.get();
    }
    Labels found = labels.settled(new Labels(data.labels()));
    output
        .progress()
        .println(
            "%d labels, as %s has them: %s"
                .formatted(found.size(), data.data(), String.join(", ", found.names())));
    return found;
  }

  private int fit(TextClassifier adapted, List<ClassExample> examples) throws IOException {
    ClassBatches batches = new ClassBatches(examples, data.batchSize(), fit.training().order());
    int vocabulary = adapted.model().vocabulary();
    output.remember("labels", adapted.labels().names());
    int code =
        fit.fit(
            new Fitting<>(
                adapted.peft(),
                adapted.model().objective(),
                batches,
                fit.held(file -> listed(data.readClasses(file, adapted, output))),
                config ->
                    MemoryEstimate.of(
                        adapted.peft(),
                        config,
                        adapted.model().objective(),
                        (rows, length) ->
                            new ClassBatch(
                                TokenBatch.random(rows, length, vocabulary), new int[rows]),
                        batches.batchSize(),
                        batches.longest())),
            output);
    if (code == 0) {
      output.hint(next(fit.out()));
    }
    return code;
  }

  private ClassBatches listed(List<ClassExample> examples) {
    return new ClassBatches(examples, data.batchSize(), Order.asListed());
  }

  private String next(Path trained) {
    String peft = Shell.command(Output.PEFT);
    String both = " --model " + Shell.path(model.given()) + " --adapter " + Shell.path(trained);
    return String.join(
        System.lineSeparator(),
        "",
        "what to try next:",
        "  " + peft + " predict" + both + " --text 'a text of yours'",
        "  " + peft + " eval" + both + " --data FILE",
        "  " + peft + " merge" + both + " --out merged");
  }
}
