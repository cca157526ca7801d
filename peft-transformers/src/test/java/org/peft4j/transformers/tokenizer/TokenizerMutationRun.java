package org.peft4j.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.peft4j.transformers.text.Tokenizer;

/**
 * Opens and uses mutated tokenizers, one after the other, in a process that may die of it: {@code
 * FILE FOLDER FIRST COUNT}. Says what it begins and what came of it.
 */
public final class TokenizerMutationRun {

  private static final List<String> TEXTS =
      List.of(
          "Once upon a time, there was a tree.",
          "",
          " ",
          "caf\u00e9 \ud83d\ude00 \u6f22\u5b57\u0301 1234\t\n\n  <s></s>[CLS] ##a a##b <0x41>",
          "e".repeat(300) + " " + "ab".repeat(200),
          "\u0000\u2581\u2581 \u0327\u0301aaa");

  private TokenizerMutationRun() {}

  /** Runs. */
  public static void main(String... arguments) throws IOException {
    ObjectMapper json = new ObjectMapper();
    JsonNode original = json.readTree(Path.of(arguments[0]).toFile());
    Path folder = Path.of(arguments[1]);
    int first = Integer.parseInt(arguments[2]);
    for (int i = first; i < first + Integer.parseInt(arguments[3]); i++) {
      JsonNode mutated = new TokenizerMutations(i).mutate(original);
      Files.write(folder.resolve("tokenizer.json"), json.writeValueAsBytes(mutated));
      System.out.println("begin " + i);
      System.out.flush();
      System.out.println(outcome(folder) + " " + i);
      System.out.flush();
    }
  }

  private static String outcome(Path folder) {
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      for (String text : TEXTS) {
        int[] ids = tokenizer.encodeWithSpecialTokens(text);
        tokenizer.decode(tokenizer.encode(text));
        tokenizer.decode(ids);
        Arrays.stream(ids).limit(20).forEach(tokenizer::decode);
      }
      tokenizer.decode(0, 1, 2, 3, 2_000_000_000);
      return "used";
    } catch (IOException | RuntimeException e) {
      return "refused";
    }
  }
}
