package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.AdapterSpec;
import org.peft4j.TargetModules;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.Checkpoint;
import org.peft4j.transformers.Generator;
import org.peft4j.transformers.Sampling;
import org.peft4j.transformers.Tokenizer;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.ExampleReader;
import org.peft4j.transformers.data.ExampleSettings;
import org.peft4j.transformers.data.Order;

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
    Path folder = Path.of(arguments[0]);
    var lora = new AdapterSpec(new LoraConfig(8, 16), TargetModules.allLinear());
    var adapted = Checkpoint.load(folder, DataType.FLOAT32).causalLm().adapt(lora);
    var model = adapted.model();
    var config = new TrainingConfig(100, 5e-3);
    try (var tokenizer = Tokenizer.load(folder);
        var trainer = new Trainer<>(adapted, model.objective(), config)) {
      var settings = new ExampleSettings(256, model, tokenizer.specialTokens());
      var examples = new ExampleReader(tokenizer::encode, settings).read(Path.of(arguments[1]));
      trainer.fit(
          new Batches(examples.list(), 8, Order.shuffled(0)),
          step -> System.out.printf("step %d: loss %.3f%n", step.step(), step.loss()));
      adapted.save(Path.of(arguments[2]));
      var writer = new Generator(model, adapted.kernels());
      System.out.println(writer.generate(tokenizer, arguments[3], 150, Sampling.greedy()));
    }
  }
}
