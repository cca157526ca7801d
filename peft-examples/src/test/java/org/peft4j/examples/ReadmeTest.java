package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The programs in README.md are those that are compiled and run. */
class ReadmeTest {

  private static final Path SOURCES = Path.of("src/main/java/org/peft4j/examples");

  @ParameterizedTest
  @CsvSource({"0, FineTuneStories", "1, StartFromData"})
  void showsTheExamplesAsTheyAre(int number, String example) throws IOException {
    Matcher block =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("../README.md")));
    List<String> blocks = block.results().map(found -> found.group(1)).toList();

    assertThat(lines(Files.readString(SOURCES.resolve(example + ".java"))))
        .containsSubsequence(lines(blocks.get(number)));
  }

  /** Without what the README leaves out: indents and what stands between the lines. */
  private static List<String> lines(String text) {
    return text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }
}
