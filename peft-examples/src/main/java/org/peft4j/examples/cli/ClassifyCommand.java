package org.peft4j.examples.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.peft4j.AdapterInfo;
import org.peft4j.AdapterSpec;
import org.peft4j.transformers.ClassBatch;
import org.peft4j.transformers.Labels;
import org.peft4j.transformers.MemoryEstimate;
import org.peft4j.transformers.TextClassifier;
import org.peft4j.transformers.TokenBatch;
import org.peft4j.transformers.data.ClassBatches;
import org.peft4j.transformers.data.ClassExample;
import org.peft4j.transformers.data.Order;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains an adapter and an output layer that tell texts apart. */
@Command(
    name = "classify",
    description =
        "Trains an adapter and an output layer that tell texts apart: rows {\"text\", \"label\"}.")
final class ClassifyCommand implements Callable<Integer> {

  @Mixin private ModelOptions model;
  @Mixin private AdapterOptions adapter;
  @Mixin private DataOptions data;

  @Option(
      names = "--labels",
      required = true,
      split = ",",
      paramLabel = "NAME",
      description = "The labels, in the order of their numbers.")
  private String[] labels;

  @Mixin private FitOptions fit;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    fit.check(model.folder(), model.adapter());
    fit.training().refusePacking();
    data.check();
    data.refuseFormat("classify");
    model.check();
    AdapterInfo info = AdapterInfo.madeFor(model.folder().toString());
    AdapterSpec spec = adapter.fresh(info, fit.training().seed());
    try (TextClassifier base = model.loadClassifier(Labels.of(labels), fit.training().seed())) {
      List<ClassExample> examples = data.readClasses(data.data(), base, output);
      if (model.adapter() == null) {
        base.adapt(spec);
      }
      return fit(base, examples);
    }
  }

  private int fit(TextClassifier adapted, List<ClassExample> examples) throws IOException {
    ClassBatches batches = new ClassBatches(examples, data.batchSize(), fit.training().order());
    int vocabulary = adapted.model().vocabulary();
    return fit.fit(
        new Fitting<>(
            adapted.peft(),
            adapted.model().objective(),
            batches,
            fit.held(
                file ->
                    new ClassBatches(
                        data.readClasses(file, adapted, output),
                        data.batchSize(),
                        Order.asListed())),
            config ->
                MemoryEstimate.of(
                    adapted.peft(),
                    config,
                    adapted.model().objective(),
                    (rows, length) ->
                        new ClassBatch(TokenBatch.random(rows, length, vocabulary), new int[rows]),
                    batches.batchSize(),
                    batches.longest())),
        output);
  }
}
