package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.train.CheckpointPlan;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingPlan;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.model.TokenBatch;

/** A training that may be killed at any moment: run again, it goes on from its last checkpoint. */
public final class ResumeTraining {

  private ResumeTraining() {}

  /**
   * Trains, or trains on.
   *
   * @param arguments the folder of a Hugging Face model, a JSON Lines file with texts, a folder for
   *     checkpoints, and one for the adapter
   */
  public static void main(String... arguments) throws IOException {
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      model.adapt(new LoraConfig(8, 16));
      var plan =
          new TrainingPlan<TokenBatch>(
                  step -> System.out.printf("step %d: loss %.3f%n", step.step(), step.loss()))
              .saving(new CheckpointPlan(Path.of(arguments[2]), 5).resuming());
      model.train(model.batches(Path.of(arguments[1]), 8), new TrainingConfig(20, 5e-3), plan);
      model.save(Path.of(arguments[3]));
    }
  }
}
