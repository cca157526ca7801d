package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.generate.Generated;
import org.peft4j.transformers.generate.GenerationQueue;
import org.peft4j.transformers.generate.GenerationRequest;

/** Texts of several adapters and of the base, continued together in one batch, and streamed. */
public final class WriteTogether {

  private WriteTogether() {}

  /**
   * Prints each text as it grows, and why it ended.
   *
   * @param arguments the folder of a Hugging Face model, the folders of two adapters, a stop word,
   *     and prompts, which go through the first, the second and none in turn
   */
  public static void main(String... arguments) throws IOException {
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      model.peft().load(Path.of(arguments[1]), "first");
      model.peft().load(Path.of(arguments[2]), "second");
      var views = List.of(model.with("first"), model.with("second"), model.base());

      List<CompletableFuture<Generated>> texts = new ArrayList<>();
      try (GenerationQueue queue = model.queue(4)) {
        for (int i = 4; i < arguments.length; i++) {
          int number = i - 3;
          GenerationRequest request =
              views.get((i - 4) % 3).request(arguments[i], 24).stoppingAt(arguments[3]);
          texts.add(queue.submit(request, piece -> grown(number, piece)));
        }
        for (CompletableFuture<Generated> text : texts) {
          System.out.println(text.join().ending() + ":" + text.join().text().replace('\n', ' '));
        }
      }
    }
  }

  private static boolean grown(int number, String piece) {
    System.out.println(number + " +" + piece.replace('\n', ' '));
    return true;
  }
}
