package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingPlan;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.data.PreferenceBatches;
import org.peft4j.transformers.preference.DpoConfig;
import org.peft4j.transformers.preference.DpoObjective;
import org.peft4j.transformers.preference.PreferenceBatch;

/** Learns from pairs of answers which kind is preferred (DPO). */
public final class PreferAnswers {

  private PreferAnswers() {}

  /**
   * Learns and saves.
   *
   * @param arguments the folder of a Hugging Face model, a JSON Lines file with {@code prompt},
   *     {@code chosen} and {@code rejected}, and a folder for the adapter
   */
  public static void main(String... arguments) throws IOException {
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      model.adapt(new LoraConfig(8, 16));
      var pairs = model.readPairs(Path.of(arguments[1]));
      var batches = new PreferenceBatches(pairs, 4, Order.shuffled(0));
      var plan =
          new TrainingPlan<PreferenceBatch>(
              step ->
                  System.out.printf(
                      "step %d: loss %.3f, the better answer wins %.0f %% of the time%n",
                      step.step(),
                      step.loss(),
                      100 * step.measures().getOrDefault("reward_accuracy", 0.0)));
      var objective = new DpoObjective(model.peft(), new DpoConfig());
      model.train(batches, objective, new TrainingConfig(30, 2e-3), plan);
      model.save(Path.of(arguments[2]));
    }
  }
}
