package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.AdapterSpec;
import org.peft4j.Preparation;
import org.peft4j.TargetModules;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.init.LoraGaStart;
import org.peft4j.kernel.DataType;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.Checkpoint;
import org.peft4j.transformers.Tokenizer;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.ExampleReader;
import org.peft4j.transformers.data.ExampleSettings;
import org.peft4j.transformers.data.Order;

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
    Path folder = Path.of(arguments[0]);
    var model = Checkpoint.load(folder, DataType.FLOAT32).causalLm();
    try (var tokenizer = Tokenizer.load(folder)) {
      var settings = new ExampleSettings(256, model, tokenizer.specialTokens());
      var examples = new ExampleReader(tokenizer::encode, settings).read(Path.of(arguments[1]));
      var batches = new Batches(examples.list(), 8, Order.shuffled(0));

      var lora = new AdapterSpec(new LoraConfig(8, 16), TargetModules.allLinear());
      var look = model.calibration(() -> batches.epochs(1)).showingAtMost(4);
      var adapted = model.adapt(Preparation.on(look), lora.startedBy(new LoraGaStart()));
      adapted.starts("default").forEach(System.out::println);

      var config = new TrainingConfig(50, 2e-3);
      try (var trainer = new Trainer<>(adapted, model.objective(), config)) {
        trainer.fit(batches);
      }
      adapted.saveAsLora("default", Path.of(arguments[2]));
    }
  }
}
