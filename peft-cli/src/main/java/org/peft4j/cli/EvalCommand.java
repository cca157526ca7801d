package org.peft4j.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.peft4j.train.Evaluation;
import org.peft4j.transformers.ClassEvaluation;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.TextClassifier;
import org.peft4j.transformers.checkpoint.Task;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.ClassBatches;
import org.peft4j.transformers.data.ClassExample;
import org.peft4j.transformers.data.Order;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Measures how well a model predicts a file. */
@Command(
    name = "eval",
    description =
        "Measures how well a model predicts a file: its mean loss per token; of a classifier, how"
            + " many labels are right, and which are taken for which.")
final class EvalCommand implements Callable<Integer> {

  @Spec private CommandSpec command;

  @Mixin private ModelOptions model;
  @Mixin private DataOptions data;
  @Mixin private LabelOptions labels;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    data.check();
    model.check();
    if (model.task() == Task.CLASSIFICATION) {
      Uses.refuse(
          command.commandLine().getParseResult(),
          "to a classifier",
          "--format",
          "--no-eos",
          "--chat-template");
      classes();
    } else {
      Uses.refuse(
          command.commandLine().getParseResult(), "to a model that predicts text", "--labels");
      text();
    }
    return 0;
  }

  private void text() throws IOException {
    try (LanguageModel adapted = model.load()) {
      Batches batches = new Batches(data.read(adapted, output), data.batchSize(), Order.asListed());
      Evaluation evaluation = adapted.evaluate(() -> batches.epochs(1));
      output.results(
          new Facts()
              .with("loss", evaluation.loss())
              .with("perplexity", evaluation.perplexity())
              .with("tokens", (long) evaluation.terms()));
    }
  }

  private void classes() throws IOException {
    FileOptions file = data.file();
    try (TextClassifier adapted = model.loadClassifier(labels)) {
      List<ClassExample> examples = file.readClasses(file.data(), adapted, output);
      ClassBatches batches = new ClassBatches(examples, file.batchSize(), Order.asListed());
      ClassEvaluation evaluation = adapted.evaluate(() -> batches.epochs(1));
      ClassFacts facts = new ClassFacts(evaluation);
      output.results(facts.forPrograms(), facts.forPeople());
    }
  }
}
