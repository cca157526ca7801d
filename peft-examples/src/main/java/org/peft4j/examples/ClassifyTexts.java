package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.TextClassifier;

/** Teaches a language model to tell texts apart with LoRA, measures it, and asks it. */
public final class ClassifyTexts {

  private ClassifyTexts() {}

  /**
   * Trains, measures, saves; then loads what was saved, asks and merges.
   *
   * @param arguments the folder of a Hugging Face model, files of labelled texts to learn from and
   *     to measure with, folders for the adapter and for the merged model, and a text to tell
   */
  public static void main(String... arguments) throws IOException {
    Path base = Path.of(arguments[0]);
    Path adapter = Path.of(arguments[3]);
    try (var model = TextClassifier.load(base, "log", "story")) {
      model.adapt(new LoraConfig(8, 16));
      model.train(model.batches(Path.of(arguments[1]), 8), new TrainingConfig(60, 1e-2));
      System.out.printf("accuracy %.3f%n", model.evaluate(Path.of(arguments[2])).accuracy());
      model.save(adapter);
    }
    try (var model = TextClassifier.load(base, adapter)) {
      var prediction = model.predict(arguments[5]);
      System.out.printf("%s (%.3f)%n", prediction.label(), prediction.probability());
      model.predict(List.of("Fog, sea rough.", "A cat ran home.")).forEach(System.out::println);
      model.merge(Path.of(arguments[4]));
    }
  }
}
