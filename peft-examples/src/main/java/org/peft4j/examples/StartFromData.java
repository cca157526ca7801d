package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.init.LoraGaStart;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.LanguageModel;

/** Starts LoRA from the gradients of a few batches, trains it, and saves it as plain LoRA. */
public final class StartFromData {

  private StartFromData() {}

  /**
   * Looks at the data, fine-tunes and saves.
   *
   * @param arguments the folder of a Hugging Face model, a JSON Lines file with texts, and a folder
   *     for the adapter
   */
  public static void main(String... arguments) throws IOException {
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      var batches = model.batches(Path.of(arguments[1]), 8);
      var lora = new AdapterSpec(new LoraConfig(8, 16), TargetModules.allLinear());
      model.adapt(model.lookingAt(batches, 4), lora.startedBy(new LoraGaStart()));
      model.peft().starts("default").forEach(System.out::println);

      model.train(batches, new TrainingConfig(50, 2e-3));
      model.peft().saveAsLora("default", Path.of(arguments[2]));
    }
  }
}
