package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.transformers.data.ExampleFiles.ASCII;
import static org.peft4j.transformers.data.ExampleFiles.BOS;
import static org.peft4j.transformers.data.ExampleFiles.EOS;
import static org.peft4j.transformers.data.ExampleFiles.read;
import static org.peft4j.transformers.data.ExampleFiles.write;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BadRowsTest {

  @TempDir Path folder;

  static Stream<Arguments> rows() {
    String shapes =
        "needs \"input_ids\" with or without \"labels\", or \"messages\", or \"conversations\", or"
            + " \"instruction\" and \"output\", or \"prompt\" and \"completion\", or \"text\", but"
            + " has the keys ";
    String columns = "; --columns reads keys that go by other names";
    String nothing = "predicts nothing: no token after the first has a label";
    return Stream.of(
        row("hello", "is not valid JSON: the word 'hello' is no JSON (column 1)"),
        row(
            "{\"text\": \"a\"} {\"text\": \"b\"}",
            "holds more than one JSON value; put each on its own line"),
        row(
            "{\"text\": \"a\", \"text\": \"b\"}",
            "is not valid JSON: the key 'text' is there twice (column 21)"),
        row("[1, 2]", "must be a JSON object but is an array"),
        row("null", "must be a JSON object but is null"),
        row("{}", shapes + "[]" + columns),
        row(
            "{\"instruction\": \"a\", \"input\": \"b\"}",
            shapes + "[input, instruction]" + columns),
        row("{\"prompt\": \"a\"}", shapes + "[prompt]" + columns),
        row(
            "{\"text\": \"a\", \"labels\": [1]}",
            "\"labels\" says what to learn, but is not read beside \"text\"; --ignore labels passes"
                + " over it"),
        row("{\"text\": 5}", "\"text\" must be a string but is a number"),
        row("{\"text\": null}", "\"text\" must be a string but is null"),
        row("{\"text\": \" \\n\"}", "\"text\" is blank"),
        row(
            "{\"text\": \"é\"}",
            "the tokenizer made token 233, outside the model's vocabulary of 128"),
        row(
            "{\"prompt\": [], \"completion\": \"a\"}",
            "\"completion\" must be a list of messages but is a string"),
        row("{\"prompt\": \"a\", \"completion\": \"\"}", "\"completion\" is blank"),
        row(
            "{\"prompt\": \"abcdefghijklmno\", \"completion\": \"p\"}",
            "the prompt alone has 16 tokens, which leaves no room for the completion within 16;"
                + " --max-length takes more"),
        row("{\"input_ids\": \"1 2\"}", "\"input_ids\" must be an array but is a string"),
        row("{\"input_ids\": []}", "\"input_ids\" is empty"),
        row("{\"input_ids\": [1, 2.5]}", "\"input_ids\"[1] must be an integer but is 2.5"),
        row("{\"input_ids\": [1, true]}", "\"input_ids\"[1] must be an integer but is a boolean"),
        row(
            "{\"input_ids\": [4294967297, 1]}",
            "\"input_ids\"[0] must be an integer but is 4294967297"),
        row("{\"input_ids\": [1, 128]}", "\"input_ids\"[1] is 128, outside the vocabulary of 128"),
        row("{\"input_ids\": [-1, 1]}", "\"input_ids\"[0] is -1, outside the vocabulary of 128"),
        row(
            "{\"input_ids\": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}",
            "\"input_ids\" holds 17 tokens but at most 16 are allowed, and token rows are not cut;"
                + " --max-length takes more"),
        row(
            "{\"input_ids\": [1, 2, 0], \"attention_mask\": [1, 1, 0]}",
            "\"attention_mask\" hides tokens; leave padding out of \"input_ids\""),
        row(
            "{\"input_ids\": [1, 2], \"labels\": [2]}",
            "\"labels\" must hold 2 numbers like \"input_ids\" but holds 1"),
        row(
            "{\"input_ids\": [1, 2], \"labels\": [1, -1]}",
            "\"labels\"[1] is -1, neither -100 nor in the vocabulary of 128"),
        row("{\"input_ids\": [1, 2], \"labels\": [1, -100]}", nothing),
        row("{\"input_ids\": [1]}", nothing));
  }

  @ParameterizedTest(name = "[{0}]")
  @MethodSource("rows")
  void refusesARowAndSaysWhy(String row, String reason) throws IOException {
    Path file = write(folder, "rows.jsonl", row + "\n");
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessage(file + ": 1 of 1 rows cannot be used:\n  line 1: " + reason);
  }

  @Test
  void oneErrorListsTheFirstTenBadLinesAndCountsTheRest() throws IOException {
    String bad = "[]\n";
    String good = "{\"text\": \"a\"}\n";
    Path file = write(folder, "rows.jsonl", good + bad.repeat(2) + good + bad.repeat(10));
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessage(
            file
                + """
                : 12 of 14 rows cannot be used:
                  line 2: must be a JSON object but is an array
                  line 3: must be a JSON object but is an array
                  line 5: must be a JSON object but is an array
                  line 6: must be a JSON object but is an array
                  line 7: must be a JSON object but is an array
                  line 8: must be a JSON object but is an array
                  line 9: must be a JSON object but is an array
                  line 10: must be a JSON object but is an array
                  line 11: must be a JSON object but is an array
                  line 12: must be a JSON object but is an array
                  and 2 more
                  --skip-bad-lines leaves such rows out""");
  }

  @Test
  void namesTheLineThatIsNotUtf8() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes("{\"text\": \"a\"}\n{\"text\": \"".getBytes(StandardCharsets.UTF_8));
    bytes.write(0xE9);
    bytes.writeBytes("\"}\n".getBytes(StandardCharsets.UTF_8));
    Path file = write(folder, "rows.jsonl", bytes.toByteArray());
    assertThatThrownBy(() -> read(file))
        .hasMessage(
            file
                + ": 1 of 2 rows cannot be used:\n  line 2: is not UTF-8 but perhaps Latin-1 or"
                + " Windows-1252; save the file as UTF-8\n  --skip-bad-lines leaves such rows out");
  }

  @Test
  void skipsAndCountsBadLinesOnRequest() throws IOException {
    Path file = write(folder, "rows.jsonl", "[]\n{\"text\": \"a\"}\n{}\n");
    Rows<Example> examples = skipping().read(file);
    assertThat(examples.list()).hasSize(1);
    assertThat(examples.skipped()).isEqualTo(2);
  }

  @Test
  void refusesAFileOfWhichNothingWouldBeLeft() throws IOException {
    Path file = write(folder, "rows.jsonl", "[]\n");
    assertThatThrownBy(() -> skipping().read(file))
        .hasMessage(
            file
                + ": 1 of 1 rows cannot be used:\n"
                + "  line 1: must be a JSON object but is an array");
  }

  @Test
  void refusesAFileWithoutLines() throws IOException {
    Path file = write(folder, "rows.jsonl", "");
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessage(file + " holds no examples");
  }

  private static ExampleReader skipping() {
    return new ExampleReader(
        ASCII,
        new ExampleSettings(16, 128, OptionalInt.of(BOS), OptionalInt.of(EOS)).with(BadLines.SKIP));
  }

  private static Arguments row(String row, String reason) {
    return Arguments.of(row, reason);
  }
}
