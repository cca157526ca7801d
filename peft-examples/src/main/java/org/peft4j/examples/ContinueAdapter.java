package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.LanguageModel;

/** Trains an adapter on, wherever it is from, such as Hugging Face PEFT. */
public final class ContinueAdapter {

  private ContinueAdapter() {}

  /**
   * Loads, trains on and saves.
   *
   * @param arguments the folder of a Hugging Face model, the folder of an adapter, a JSON Lines
   *     file with texts, and a folder for the adapter that comes of it
   */
  public static void main(String... arguments) throws IOException {
    Path texts = Path.of(arguments[2]);
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      model.adapt(Path.of(arguments[1]));
      System.out.println(model.peft().report());
      System.out.printf("loss before: %.4f%n", model.evaluate(texts).loss());
      model.train(model.batches(texts, 8), new TrainingConfig(30, 2e-3));
      System.out.printf("loss after: %.4f%n", model.evaluate(texts).loss());
      model.save(Path.of(arguments[3]));
    }
  }
}
