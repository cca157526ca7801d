package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.transformers.data.ExampleFiles.ASCII;
import static org.peft4j.transformers.data.ExampleFiles.BOS;
import static org.peft4j.transformers.data.ExampleFiles.EOS;
import static org.peft4j.transformers.data.ExampleFiles.read;
import static org.peft4j.transformers.data.ExampleFiles.settings;
import static org.peft4j.transformers.data.ExampleFiles.write;
import static org.peft4j.transformers.model.TokenBatch.IGNORED;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.transformers.text.TextEncoder;

class ExampleRowsTest {

  @TempDir Path folder;

  @Test
  void textBeginsWithBosEndsWithEosAndPredictsEveryTokenButTheFirst() throws IOException {
    Example example = only("{\"text\": \"abc\"}");
    assertThat(example.ids()).containsExactly(BOS, 'a', 'b', 'c', EOS);
    assertThat(example.labels()).containsExactly(BOS, 'a', 'b', 'c', EOS);
    assertThat(example.targets()).isEqualTo(4);
  }

  @Test
  void textIsCutAtTheLongestLength() throws IOException {
    Example example = only("{\"text\": \"abcdefghijklmnopqrstuvwxyz\"}");
    assertThat(example.ids()).hasSize(16).startsWith(BOS, 'a').endsWith('o');
  }

  @Test
  void textWithoutABosTokenBeginsWithItself() throws IOException {
    ExampleSettings bare = new ExampleSettings(16, 128, OptionalInt.empty(), OptionalInt.empty());
    Path file = write(folder, "rows.jsonl", "{\"text\": \"abc\"}\n");
    Example example = new ExampleReader(ASCII, bare).read(file).list().get(0);
    assertThat(example.ids()).containsExactly('a', 'b', 'c');
  }

  @Test
  void onlyTheCompletionAndItsEndArePredicted() throws IOException {
    Example example = only("{\"prompt\": \"ab\", \"completion\": \"cd\"}");
    assertThat(example.ids()).containsExactly(BOS, 'a', 'b', 'c', 'd', EOS);
    assertThat(example.labels()).containsExactly(IGNORED, IGNORED, IGNORED, 'c', 'd', EOS);
  }

  @Test
  void aCompletionMayAnswerAnEmptyPrompt() throws IOException {
    Example example = only("{\"prompt\": \"\", \"completion\": \"ab\"}");
    assertThat(example.ids()).containsExactly(BOS, 'a', 'b', EOS);
    assertThat(example.labels()).containsExactly(IGNORED, 'a', 'b', EOS);
  }

  @Test
  void aCompletionThatIsCutDoesNotLearnToEndThere() throws IOException {
    Example example = only("{\"prompt\": \"ab\", \"completion\": \"cdefghijklmnopq\"}");
    assertThat(example.ids()).hasSize(16).endsWith('n', 'o');
  }

  @Test
  void theCompletionContinuesTheTokensOfThePromptAsInOneText() throws IOException {
    TextEncoder startsEachTextWithASpace = text -> (" " + text).chars().toArray();
    Path file = write(folder, "rows.jsonl", "{\"prompt\": \"ab\", \"completion\": \"cd\"}\n");
    Rows<Example> examples = new ExampleReader(startsEachTextWithASpace, settings(16)).read(file);
    assertThat(examples.list().get(0).ids()).containsExactly(BOS, ' ', 'a', 'b', 'c', 'd', EOS);
  }

  @Test
  void thePromptKeepsItsTokensWhereTheTokenizerWouldJoinThemWithTheCompletion() throws IOException {
    TextEncoder joins = text -> text.replace("bc", "X").chars().toArray();
    Path file = write(folder, "rows.jsonl", "{\"prompt\": \"ab\", \"completion\": \"cd\"}\n");
    Rows<Example> examples = new ExampleReader(joins, settings(16)).read(file);
    assertThat(examples.list().get(0).ids()).containsExactly(BOS, 'a', 'b', 'c', 'd', EOS);
  }

  @Test
  void tokenRowsAreUsedExactlyAsTheyAre() throws IOException {
    Example example = only("{\"input_ids\": [7, 8, 9], \"labels\": [7, -100, 9]}");
    assertThat(example.ids()).containsExactly(7, 8, 9);
    assertThat(example.labels()).containsExactly(7, IGNORED, 9);
    assertThat(example.targets()).isEqualTo(1);
  }

  @Test
  void tokenRowsWithoutLabelsPredictEveryTokenButTheFirst() throws IOException {
    Example example = only("{\"input_ids\": [7, 8, 9], \"attention_mask\": [1, 1, 1]}");
    assertThat(example.labels()).containsExactly(7, 8, 9);
  }

  @Test
  void rowsOfAllShapesAndWithOtherKeysMayBeMixed() throws IOException {
    Rows<Example> examples =
        read(
            write(
                folder,
                "rows.jsonl",
                """
                {"text": "ab", "url": "https://example.org", "label": 3}
                {"prompt": "a", "completion": "b"}
                {"input_ids": [1, 2]}
                """));
    assertThat(examples.list()).extracting(e -> e.ids().length).containsExactly(4, 4, 2);
    assertThat(examples.skipped()).isZero();
  }

  @Test
  void aByteOrderMarkWindowsLineEndsAndAMissingLastLineEndAreFine() throws IOException {
    Path file = write(folder, "rows.JSONL", "\uFEFF{\"text\": \"ab\"}\r\n{\"text\": \"cd\"}");
    assertThat(read(file).list())
        .extracting(ExampleRowsTest::ids)
        .containsExactly(List.of(1, 97, 98, 2), List.of(1, 99, 100, 2));
  }

  private Example only(String row) throws IOException {
    List<Example> examples = read(write(folder, "rows.jsonl", row + "\n")).list();
    assertThat(examples).hasSize(1);
    return examples.get(0);
  }

  private static List<Integer> ids(Example example) {
    return Arrays.stream(example.ids()).boxed().toList();
  }
}
