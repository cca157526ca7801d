package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.transformers.data.ExampleFiles.ASCII;
import static org.peft4j.transformers.data.ExampleFiles.BOS;
import static org.peft4j.transformers.data.ExampleFiles.settings;
import static org.peft4j.transformers.data.ExampleFiles.write;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlainTextTest {

  @TempDir Path folder;

  @Test
  void isCutIntoBlocksThatEachBeginWithBos() throws IOException {
    List<Example> blocks = blocks("abcdefgh", settings(4));
    assertThat(blocks).extracting(PlainTextTest::text).containsExactly("|abc", "|def", "|gh");
    assertThat(blocks).extracting(Example::targets).containsExactly(3, 3, 2);
  }

  @Test
  void predictsEveryTokenButTheVeryFirstOnceWhereThereIsNoBos() throws IOException {
    ExampleSettings bare = new ExampleSettings(4, 128, OptionalInt.empty(), OptionalInt.empty());
    List<Example> blocks = blocks("abcdefgh", bare);
    assertThat(blocks).extracting(PlainTextTest::text).containsExactly("abcd", "defg", "gh");
    assertThat(blocks.stream().mapToInt(Example::targets).sum()).isEqualTo(7);
  }

  @Test
  void makesNoEmptyLastBlock() throws IOException {
    assertThat(blocks("abcdef", settings(4)))
        .extracting(PlainTextTest::text)
        .containsExactly("|abc", "|def");
  }

  @Test
  void keepsLinesAndBlankLines() throws IOException {
    assertThat(blocks("a\n\n b\n", settings(16)))
        .extracting(PlainTextTest::text)
        .containsExactly("|a\n\n b");
  }

  @Test
  void readsAByteOrderMarkAndWindowsLineEndsAwayFromTheText() throws IOException {
    assertThat(blocks("\uFEFFa\r\nb\r\n", settings(16)))
        .extracting(PlainTextTest::text)
        .containsExactly("|a\nb");
  }

  @Test
  void losesNothingOfALongText() throws IOException {
    String text = "The quick brown fox jumps over the lazy dog.\n".repeat(60_000).strip();
    List<Example> blocks = blocks(text, settings(512));
    String read =
        blocks.stream()
            .map(PlainTextTest::text)
            .map(t -> t.substring(1))
            .collect(Collectors.joining());
    assertThat(read.equals(text)).isTrue();
  }

  @Test
  void refusesATokenizerWithTokensTheModelDoesNotKnow() throws IOException {
    Path file = write(folder, "book.txt", "caf\u00e9");
    assertThatThrownBy(() -> new ExampleReader(ASCII, settings(16)).read(file))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessage(file + ": the tokenizer made token 233, outside the model's vocabulary of 128");
  }

  @Test
  void namesTheLineThatIsNotUtf8() throws IOException {
    Path file = write(folder, "book.txt", new byte[] {'a', '\n', (byte) 0xFF, '\n', 'b'});
    assertThatThrownBy(() -> new ExampleReader(ASCII, settings(16)).read(file))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessage(
            file
                + ": 1 of 3 lines cannot be used:\n  line 2: is not UTF-8 but perhaps Latin-1 or Windows-1252; save the"
                + " file as UTF-8\n  --skip-bad-lines leaves such lines out");
  }

  @Test
  void refusesAnEmptyFile() throws IOException {
    Path file = write(folder, "book.txt", "");
    assertThatThrownBy(() -> new ExampleReader(ASCII, settings(16)).read(file))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessage(file + " holds no examples");
  }

  private List<Example> blocks(String text, ExampleSettings settings) throws IOException {
    return new ExampleReader(ASCII, settings).read(write(folder, "book.txt", text)).list();
  }

  private static String text(Example example) {
    return Arrays.stream(example.ids())
        .mapToObj(id -> id == BOS ? "|" : Character.toString(id))
        .collect(Collectors.joining());
  }
}
