package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.adapters.MissConfig;
import org.peft4j.convert.LoraExport;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.LanguageModel;

/** Trains with MiSS and saves it as LoRA, for programs that know nothing else. */
public final class ConvertToLora {

  private ConvertToLora() {}

  /**
   * Trains, converts, and measures both.
   *
   * @param arguments the folder of a Hugging Face model, a JSON Lines file with texts, and a folder
   *     for the LoRA adapter
   */
  public static void main(String... arguments) throws IOException {
    Path base = Path.of(arguments[0]);
    Path texts = Path.of(arguments[1]);
    Path lora = Path.of(arguments[2]);
    try (var model = LanguageModel.load(base)) {
      model.adapt(new MissConfig());
      model.train(model.batches(texts, 8), new TrainingConfig(30, 2e-3));
      var report = model.peft().saveAsLora("default", lora, new LoraExport());
      System.out.printf("largest error of a layer: %.1e%n", report.largestError());
      System.out.printf("MiSS: loss %.4f%n", model.evaluate(texts).loss());
    }
    try (var model = LanguageModel.load(base)) {
      model.adapt(lora);
      System.out.printf("LoRA: loss %.4f%n", model.evaluate(texts).loss());
    }
  }
}
