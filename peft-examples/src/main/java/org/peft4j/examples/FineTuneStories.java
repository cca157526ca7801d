package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.LanguageModel;

/** Fine-tunes a language model with LoRA, saves the adapter and lets the model write. */
public final class FineTuneStories {

  private FineTuneStories() {}

  /**
   * Fine-tunes, saves and writes.
   *
   * @param arguments the folder of a Hugging Face model, a JSON Lines file with texts, a folder for
   *     the adapter, and a text to continue
   */
  public static void main(String... arguments) throws IOException {
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      model.adapt(new LoraConfig(8, 16));
      var batches = model.batches(Path.of(arguments[1]), 8);
      model.train(
          batches,
          new TrainingConfig(100, 5e-3),
          step -> System.out.printf("step %d: loss %.3f%n", step.step(), step.loss()));
      model.save(Path.of(arguments[2]));
      System.out.println(model.generate(arguments[3], 150));
    }
  }
}
