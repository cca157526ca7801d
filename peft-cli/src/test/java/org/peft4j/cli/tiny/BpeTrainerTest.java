package org.peft4j.cli.tiny;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.transformers.text.Tokenizer;

class BpeTrainerTest {

  @TempDir static Path folder;

  private static BpeTokenizer trained;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void train() throws IOException {
    trained = BpeTrainer.train(texts(0), 512);
    trained.save(folder);
    tokenizer = Tokenizer.load(folder);
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  @Test
  void hasTheVocabularyAskedFor() {
    assertThat(trained.size()).isEqualTo(512);
  }

  @Test
  void namesTheSpecialTokens() {
    assertThat(tokenizer.specialTokens().begin()).isEqualTo(OptionalInt.of(1));
    assertThat(tokenizer.specialTokens().ends()).isEqualTo(Set.of(2));
    assertThat(tokenizer.encodeWithSpecialTokens("Mia")).startsWith(1);
    assertThat(tokenizer.encode("Mia")).doesNotContain(0, 1, 2);
  }

  @Test
  void returnsBothKindsOfTextExactly() {
    assertThat(texts(1_000_000)).allSatisfy(BpeTrainerTest::assertRoundTrip);
  }

  @Test
  void losesNothingOfTextItHasNeverSeen() {
    assertThat(
            List.of(
                "Grüße aus Köln, naïve café!",
                "日本語のテキスト",
                "emoji 🦊🚢 and a family 👨‍👩‍👧",
                "tabs\tand\r\nlines\n\n  two spaces  ",
                " leading space, it's Ben's I'll 12345 3.14",
                "\u0000\u00AD\u007F\uFFFD",
                "don't , join . these !",
                "<unk ids> & </tags>"))
        .allSatisfy(BpeTrainerTest::assertRoundTrip);
  }

  @Test
  void joinsFrequentWordsIntoSingleTokens() {
    assertThat(tokenizer.encode(" the")).hasSize(1);
    assertThat(tokenizer.encode(" said")).hasSize(1);
    double tokens = texts(0).stream().mapToInt(text -> tokenizer.encode(text).length).sum();
    double characters = texts(0).stream().mapToInt(String::length).sum();
    assertThat(characters / tokens).isGreaterThan(2.2);
  }

  @Test
  void learnsTheSameFromTheSameTexts(@TempDir Path again) throws IOException {
    BpeTrainer.train(texts(0), 512).save(again);
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      assertThat(again.resolve(file)).hasSameTextualContentAs(folder.resolve(file));
    }
  }

  @Test
  void mergesTheMostFrequentPairFirstAndStopsWhenNoneIsFrequent() {
    assertThat(BpeTrainer.train(List.of("abab ab"), 512).size()).isEqualTo(259 + 1);
    assertThat(BpeTrainer.train(List.of("abcd"), 512).size()).isEqualTo(259);
  }

  @Test
  void writesMergesAsHuggingFaceDoes(@TempDir Path small) throws IOException {
    BpeTrainer.train(List.of("a cat, a cat"), 261).save(small);
    assertThat(Files.readString(small.resolve("tokenizer.json")).replaceAll("\\s+", " "))
        .contains("\"at\" : 259", "\"cat\" : 260", "\"merges\" : [ \"a t\", \"c at\" ]");
  }

  private static void assertRoundTrip(String text) {
    assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
    assertThat(tokenizer.decode(tokenizer.encodeWithSpecialTokens(text))).isEqualTo(text);
  }

  private static List<String> texts(long firstSeed) {
    return LongStream.range(firstSeed, firstSeed + 300)
        .boxed()
        .flatMap(seed -> Stream.of(StoryGrammar.story(seed), StoryGrammar.log(seed)))
        .toList();
  }
}
