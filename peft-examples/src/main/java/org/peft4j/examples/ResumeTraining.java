package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.train.CheckpointPlan;
import org.peft4j.train.StopReason;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingPlan;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.model.TokenBatch;

/** Stops a training in the middle, and goes on in what could be another process. */
public final class ResumeTraining {

  private static final int STEPS = 20;

  private ResumeTraining() {}

  /**
   * Trains half, then the rest.
   *
   * @param arguments the folder of a Hugging Face model, a JSON Lines file with texts, a new folder
   *     for checkpoints, and a folder for the adapter
   */
  public static void main(String... arguments) throws IOException {
    var checkpoints = new CheckpointPlan(Path.of(arguments[2]), 5);
    var halfway =
        new TrainingPlan<TokenBatch>(
            step -> {
              if (step.step() == STEPS / 2) {
                Thread.currentThread().interrupt();
              }
            });
    System.out.println("ended: " + train(arguments, halfway.saving(checkpoints)).reason());
    Thread.interrupted();

    var rest = new TrainingPlan<TokenBatch>().saving(checkpoints.resuming());
    TrainingReport report = train(arguments, rest);
    System.out.println("went on with step " + report.steps().get(0).step());
    System.out.println("ended: " + report.reason());
  }

  private static TrainingReport train(String[] arguments, TrainingPlan<TokenBatch> plan)
      throws IOException {
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      model.adapt(new LoraConfig(8, 16));
      var batches = model.batches(Path.of(arguments[1]), 8);
      TrainingReport report = model.train(batches, new TrainingConfig(STEPS, 5e-3), plan);
      if (report.reason() == StopReason.STEPS) {
        model.save(Path.of(arguments[3]));
      }
      return report;
    }
  }
}
