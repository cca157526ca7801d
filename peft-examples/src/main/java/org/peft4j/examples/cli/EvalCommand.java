package org.peft4j.examples.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.peft4j.train.Evaluation;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Order;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Measures how well a model predicts a file. */
@Command(
    name = "eval",
    description = "Measures how well a model predicts a file: its mean loss per token.")
final class EvalCommand implements Callable<Integer> {

  @Mixin private ModelOptions model;
  @Mixin private DataOptions data;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    data.check();
    model.check();
    try (LanguageModel adapted = model.load()) {
      Batches batches = new Batches(data.read(adapted, output), data.batchSize(), Order.asListed());
      Evaluation evaluation = adapted.evaluate(() -> batches.epochs(1));
      output.results(
          new Facts()
              .with("loss", evaluation.loss())
              .with("perplexity", evaluation.perplexity())
              .with("tokens", (long) evaluation.weight()));
    }
    return 0;
  }
}
