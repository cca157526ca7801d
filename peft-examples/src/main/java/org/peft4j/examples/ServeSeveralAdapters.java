package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.peft4j.PeftModel;
import org.peft4j.tensor.Tape;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.model.TokenBatch;

/** One base in memory, two adapters on it, and a batch whose texts each go through another one. */
public final class ServeSeveralAdapters {

  private ServeSeveralAdapters() {}

  /**
   * Tells how likely a text is to the base and to two adapters, computed at once.
   *
   * @param arguments the folder of a Hugging Face model, the folders of two adapters, and a text
   */
  public static void main(String... arguments) throws IOException {
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      model.peft().load(Path.of(arguments[1]), "first");
      model.peft().load(Path.of(arguments[2]), "second");

      List<String> adapters = List.of("first", "second", PeftModel.BASE);
      int[] text = model.texts().prompt(arguments[3]);
      TokenBatch batch = TokenBatch.of(Collections.nCopies(adapters.size(), text));
      try (Tape tape = model.peft().perRow(adapters).inference()) {
        double[] logs = model.model().logProbabilities(tape, batch).value().toDoubles();
        for (int i = 0; i < logs.length; i++) {
          System.out.printf("%s: %.4f%n", adapters.get(i), logs[i]);
        }
      }
    }
  }
}
