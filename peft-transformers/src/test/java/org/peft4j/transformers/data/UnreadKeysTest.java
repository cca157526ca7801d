package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.transformers.data.ExampleFiles.ASCII;
import static org.peft4j.transformers.data.ExampleFiles.settings;
import static org.peft4j.transformers.data.ExampleFiles.write;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What rows say and no format reads. */
class UnreadKeysTest {

  @TempDir Path folder;

  private ExampleSettings settings = settings(200);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "system": "s" | "system" is not read beside "text"
          "history": [["a", "b"]] | "history" is not read beside "text"
          "tools": [{}] | "tools" is not read beside "text"
          "images": ["a.png"] | "images" is not read beside "text"
          "weight": 0 | "weight" says how to learn a row, which is not done
          "loss_weight": 0.5 | "loss_weight" says how to learn a row, which is not done
          "train": false | "train" says how to learn a row, which is not done
          "label": false | "label" says what to learn, but is not read beside "text"
          "labels": [1] | "labels" says what to learn, but is not read beside "text"
          "chosen": "a" | "chosen" is half of a pair of answers, which dpo learns from
          """)
  void keysThatSayHowToLearnAreRefusedUnlessIgnored(String entry, String reason)
      throws IOException {
    Path file = write(folder, "rows.jsonl", "{\"text\": \"ab\", " + entry + "}");
    String key = entry.substring(1, entry.indexOf('"', 1));
    assertThatThrownBy(this::read)
        .isInstanceOf(ExampleFormatException.class)
        .hasMessage(
            "%s: 1 of 1 rows cannot be used:\n  line 1: %s; --ignore %s passes over it"
                .formatted(file, reason, key));
    settings = settings.ignoring(Set.of(key));
    assertThat(read().report().sentences()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"system\": \" \"",
        "\"tools\": []",
        "\"tools\": null",
        "\"weight\": 1.0",
        "\"train\": true"
      })
  void keysThatSayNothingAreFine(String entry) throws IOException {
    write(folder, "rows.jsonl", "{\"text\": \"ab\", " + entry + "}");
    assertThat(read().list()).hasSize(1);
  }

  @Test
  void otherKeysAreToldOfOnce() throws IOException {
    write(
        folder,
        "rows.jsonl",
        "{\"text\": \"ab\", \"url\": \"u\", \"id\": 1}\n{\"text\": \"ab\", \"id\": 2, \"prompt\": \"p\"}");
    assertThat(read().report().sentences())
        .containsExactly("keys that are not read: \"id\", \"url\", \"prompt\"");
  }

  @Test
  void ofSeveralFormatsOneIsTakenAndTheOptionTakesAnother() throws IOException {
    write(folder, "rows.jsonl", "{\"text\": \"ab\", \"prompt\": \"c\", \"completion\": \"de\"}");
    assertThat(read().list().get(0).ids()).containsExactly(1, 'c', 'd', 'e', 2);
    assertThat(read().report().remarks())
        .contains(
            "rows fit several formats, completion and text: completion is taken; --format takes"
                + " another");

    settings = settings.with(RowFormat.TEXT);

    assertThat(read().list().get(0).ids()).containsExactly(1, 'a', 'b', 2);
  }

  @Test
  void aFormatThatRowsDoNotHaveIsRefused() throws IOException {
    Path file = write(folder, "rows.jsonl", "{\"text\": \"ab\"}");
    settings = settings.with(RowFormat.MESSAGES);
    assertThatThrownBy(this::read)
        .hasMessage(
            file
                + ": 1 of 1 rows cannot be used:\n  line 1: needs \"messages\", but has the keys"
                + " [text]; --columns reads keys that go by other names");
  }

  @Test
  void whatWasCutOrLeftOutIsCounted() throws IOException {
    write(folder, "rows.jsonl", "{\"text\": \"abcdefgh\"}\n{\"text\": \"ab\"}\n[]\n\n");
    settings = settings(6).with(BadLines.SKIP);
    assertThat(read().report().sentences())
        .containsExactly(
            "cut to the longest length: 1 of 2 examples; --max-length takes more, --too-long refuses"
                + " or skips them",
            "left out as no examples: 1",
            "blank lines passed over: 1");
    settings = settings.with(TooLong.SKIP);
    assertThat(read().report().sentences())
        .contains("left out as too long: 1; --max-length takes longer ones");
    assertThat(read().skipped()).isEqualTo(2);
  }

  @Test
  void aTextThatEndsWithEosIsNotEndedTwice() throws IOException {
    write(folder, "rows.jsonl", "{\"text\": \"ab\\u0002\"}");
    assertThat(read().list().get(0).ids()).containsExactly(1, 'a', 'b', 2);
  }

  @Test
  void eosMayBeLeftOutOrMissing() throws IOException {
    write(folder, "rows.jsonl", "{\"text\": \"ab\"}\n{\"prompt\": \"a\", \"completion\": \"b\"}");
    settings = settings.withoutEos();
    assertThat(read().list()).allMatch(example -> example.ids().length == 3);
    assertThat(read().report().sentences()).isEmpty();
    settings = new ExampleSettings(16, 128, OptionalInt.empty(), OptionalInt.empty());
    assertThat(read().report().remarks())
        .containsExactly(
            "the tokenizer has no EOS token: nothing teaches the model where texts end");
  }

  private Rows<Example> read() throws IOException {
    return new ExampleReader(ASCII, settings).read(folder.resolve("rows.jsonl"));
  }
}
