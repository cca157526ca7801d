package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.transformers.data.ExampleFiles.ASCII;
import static org.peft4j.transformers.data.ExampleFiles.settings;
import static org.peft4j.transformers.data.ExampleFiles.write;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.transformers.chat.ChatTemplate;

/** What both answers of a pair answer is said once. */
class PairRowsTest {

  private static final String CHOSEN = "{\"role\": \"assistant\", \"content\": \"b\"}";
  private static final String REJECTED = "{\"role\": \"assistant\", \"content\": \"c\"}";

  private static final ChatTemplate CHATML =
      ChatTemplate.of(
          "{% for m in messages %}{{ '<' + m.role + '>' + m.content + '.' }}{% endfor %}"
              + "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}",
          Map.of());

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"chosen\": [U, C], \"rejected\": [U, R]}",
        "{\"prompt\": \"a\", \"chosen\": [C], \"rejected\": [R]}",
        "{\"prompt\": \"a\", \"chosen\": [U, C], \"rejected\": [U, R]}",
        "{\"prompt\": [U], \"chosen\": [U, C], \"rejected\": [U, R]}",
        "{\"prompt\": [U], \"chosen\": C, \"rejected\": R}",
        "{\"prompt\": \"a\", \"prompt_id\": \"x\", \"chosen\": [U, C], \"rejected\": [U, R],"
            + " \"messages\": [U, C], \"score_chosen\": 8.0}"
      })
  void aPromptThatTheAnswersBeginWithIsSaidOnce(String row) throws IOException {
    Preference pair = only(row);
    assertThat(text(pair.chosen())).isEqualTo("<user>a.<assistant>b.");
    assertThat(text(pair.rejected())).isEqualTo("<user>a.<assistant>c.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"system\": \"s\", \"prompt\": \"a\", \"chosen\": [U, C], \"rejected\": [U, R]}",
        "{\"prompt\": \"a\", \"chosen\": [S, U, C], \"rejected\": [S, U, R]}",
        "{\"system\": \"s\", \"conversations\": [U], \"chosen\": C, \"rejected\": R}"
      })
  void aSystemTextIsTheFirstTurnOfBoth(String row) throws IOException {
    assertThat(text(only(row).chosen())).isEqualTo("<system>s.<user>a.<assistant>b.");
    assertThat(text(only(row).rejected())).isEqualTo("<system>s.<user>a.<assistant>c.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"prompt": "x", "chosen": [U, C], "rejected": [U, R]} | "chosen" is a whole conversation, but does not begin with what "prompt" says; keep one of both, or --ignore one
          {"chosen": [U, C], "rejected": [S, U, R]} | "chosen" and "rejected" must be the same up to the last turn but are not
          {"chosen": [U, C], "rejected": [U, C, U]} | "chosen" and "rejected" must be the same up to the last turn but are not
          {"chosen": "b", "rejected": "c"} | needs "prompt" beside two strings; --columns reads a key of another name
          {"prompt": "a", "system": "s", "chosen": "b", "rejected": "c"} | "system" is not read beside "chosen" and "rejected", with "prompt" or "conversations"; --ignore system passes over it
          {"prompt": "a", "conversations": [U], "chosen": C, "rejected": R} | has both "prompt" and "conversations"; --ignore passes over one
          {"prompt": "a", "chosen": [U, C, U], "rejected": [U, R, U]} | "chosen" and "rejected" must be the same up to the last turn but are not
          """)
  void whatIsNotClearIsRefused(String row, String reason) {
    assertThatThrownBy(() -> only(row))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessageEndingWith(": 1 of 1 rows cannot be used:\n  line 1: " + reason);
  }

  @Test
  void pairsAreReadFromTablesAndCountedLikeOtherRows() throws IOException {
    Path file = write(folder, "rows.csv", "prompt,chosen,rejected,id\na,bcdefghijkl,c,1\n");
    Rows<Preference> rows = new PreferenceReader(ASCII, settings(8)).read(file);
    assertThat(rows.list()).hasSize(1);
    assertThat(rows.report().cut()).isEqualTo(1);
    assertThat(rows.report().remarks()).containsExactly("keys that are not read: \"id\"");
  }

  /** U stands for what a user says, S for the system, C and R for the answers. */
  private Preference only(String row) throws IOException {
    String whole =
        row.replaceAll("\\bU\\b", "{\"role\": \"user\", \"content\": \"a\"}")
            .replaceAll("\\bS\\b", "{\"role\": \"system\", \"content\": \"s\"}")
            .replaceAll("\\bC\\b", CHOSEN)
            .replaceAll("\\bR\\b", REJECTED);
    Path file = write(folder, "rows.jsonl", whole);
    return new PreferenceReader(ASCII, settings(400).with(CHATML)).read(file).list().get(0);
  }

  private static String text(Example example) {
    StringBuilder text = new StringBuilder();
    for (int id : example.ids()) {
      text.appendCodePoint(id);
    }
    return text.toString();
  }
}
