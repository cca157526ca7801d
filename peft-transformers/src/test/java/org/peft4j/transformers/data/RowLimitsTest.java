package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.transformers.data.ExampleFiles.ASCII;
import static org.peft4j.transformers.data.ExampleFiles.settings;
import static org.peft4j.transformers.data.ExampleFiles.write;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.transformers.text.TextEncoder;

/** Rows that no sane program writes. */
class RowLimitsTest {

  private static final String GOOD = "{\"text\": \"ab\"}";
  private static final String DIGITS = "{\"text\": " + "9".repeat(1001) + "}";

  @TempDir Path folder;

  @Test
  void aNumberOfAThousandDigitsIsNamedOrLeftOut() throws IOException {
    Path lines = write(folder, "rows.jsonl", GOOD + "\n" + DIGITS + "\n");
    assertThatThrownBy(() -> read(lines, BadLines.FAIL))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessageStartingWith(
            lines
                + ": 1 of 2 rows cannot be used:\n"
                + "  line 2: cannot be read: a number is too long to be read (column ");
    assertThat(read(lines, BadLines.SKIP).report().bad()).isEqualTo(1);
    Path array = write(folder, "rows.json", "[" + GOOD + ",\n" + DIGITS + "]");
    assertThatThrownBy(() -> read(array, BadLines.SKIP))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessageStartingWith(
            array + ": line 2: cannot be read: a number is too long to be read");
  }

  @Test
  void aHundredThousandBracketsAreNamed() throws IOException {
    String deep = "{\"text\": \"ab\", \"more\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}";
    Path lines = write(folder, "rows.jsonl", GOOD + "\n" + deep + "\n");
    assertThatThrownBy(() -> read(lines, BadLines.FAIL))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessageContaining("  line 2: cannot be read: it nests deeper than 1000 levels (column");
    assertThat(read(lines, BadLines.SKIP).list()).hasSize(1);
    Path array = write(folder, "rows.json", "[" + deep + "]");
    assertThatThrownBy(() -> read(array, BadLines.FAIL))
        .hasMessageStartingWith(array + ": line 1: cannot be read: it nests deeper");
  }

  @Test
  void aTextOfMillionsOfLettersIsCutLikeAnyOther() throws IOException {
    Path file = write(folder, "rows.jsonl", "{\"text\": \"" + "a".repeat(20_000_001) + "\"}");
    long[] encoded = {0};
    TextEncoder counting =
        text -> {
          encoded[0] += text.length();
          return ASCII.encode(text);
        };
    Rows<Example> rows = new ExampleReader(counting, settings(16)).read(file);
    assertThat(rows.list().get(0).ids()).hasSize(16);
    assertThat(rows.report().cut()).isEqualTo(1);
    assertThat(encoded[0]).isLessThan(10_000);
  }

  @Test
  void messagesStayShort() throws IOException {
    String key = "k".repeat(30_000);
    Path file = write(folder, "rows.jsonl", ("{\"" + key + "\": 1}\n").repeat(20));
    assertThatThrownBy(() -> read(file, BadLines.FAIL))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(2000));
  }

  private static Rows<Example> read(Path file, BadLines policy) throws IOException {
    return new ExampleReader(ASCII, settings(64).with(policy)).read(file);
  }
}
