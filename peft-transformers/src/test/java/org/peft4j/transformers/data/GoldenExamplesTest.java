package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.peft4j.testkit.Shared;
import org.peft4j.transformers.text.Tokenizer;

/** The tokens that Python made of the same files. */
class GoldenExamplesTest {

  @Test
  void textsBecomeTheTokensThatHuggingFaceTrainedOn() throws IOException {
    JsonNode golden =
        new ObjectMapper().readTree(Shared.require("golden/curves/batches.json").toFile());
    assertSame(read("golden/curves/train.jsonl"), golden.get("train_token_ids"));
    assertSame(read("golden/curves/valid.jsonl"), golden.get("valid_token_ids"));
  }

  @Test
  void aWholeBookIsPredictedTokenByToken() throws IOException {
    Path book = Shared.require("data/tinyshakespeare/input.txt");
    try (Tokenizer tokenizer = Tokenizer.load(Shared.require("data/stories260K-hf"))) {
      List<Example> blocks = reader(tokenizer).read(book).list();
      assertThat(blocks.get(0).ids()).hasSize(128).startsWith(1);
      int targets = blocks.stream().mapToInt(Example::targets).sum();
      assertThat(blocks).hasSize((targets + 126) / 127);
    }
  }

  private static List<Example> read(String file) throws IOException {
    try (Tokenizer tokenizer = Tokenizer.load(Shared.require("data/stories260K-hf"))) {
      return reader(tokenizer).read(Shared.require(file)).list();
    }
  }

  private static ExampleReader reader(Tokenizer tokenizer) {
    return new ExampleReader(
        tokenizer::encode,
        new ExampleSettings(128, 512, OptionalInt.of(1), OptionalInt.of(2)).withoutEos());
  }

  private static void assertSame(List<Example> examples, JsonNode golden) {
    assertThat(examples).hasSize(golden.size());
    for (int i = 0; i < examples.size(); i++) {
      int[] ids = new ObjectMapper().convertValue(golden.get(i), int[].class);
      assertThat(examples.get(i).ids()).as("example %d", i).isEqualTo(ids);
    }
  }
}
