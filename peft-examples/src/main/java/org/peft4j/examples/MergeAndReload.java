package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.LanguageModel;

/** Merges an adapter into a plain Hugging Face checkpoint, which any program can load. */
public final class MergeAndReload {

  private MergeAndReload() {}

  /**
   * Fine-tunes with DoRA, merges, loads what was merged, and compares.
   *
   * @param arguments the folder of a Hugging Face model, a JSON Lines file with texts, a folder for
   *     the merged model, and a text to continue
   */
  public static void main(String... arguments) throws IOException {
    Path texts = Path.of(arguments[1]);
    Path merged = Path.of(arguments[2]);
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      model.adapt(new DoraConfig(8, 16));
      model.train(model.batches(texts, 8), new TrainingConfig(30, 5e-3));
      model.merge(merged);
      tell("with its adapter", model, texts, arguments[3]);
    }
    try (var model = LanguageModel.load(merged)) {
      tell("merged", model, texts, arguments[3]);
    }
  }

  private static void tell(String name, LanguageModel model, Path texts, String start)
      throws IOException {
    double loss = model.evaluate(texts).loss();
    System.out.printf("%s: loss %.4f,%s%n", name, loss, model.generate(start, 40));
  }
}
