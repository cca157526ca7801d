package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/examples.md has a row for every example. */
class ExamplesPageTest {

  private static final Path DOCS = Path.of("../docs");
  private static final Path SOURCES = Path.of("../peft-examples/src/main/java/org/peft4j/examples");

  @Test
  void listsEveryExample() throws IOException {
    Pattern row = Pattern.compile("(?m)^\\| \\[(\\w+)\\]\\((.+?)\\) \\|");
    List<Path> listed =
        row.matcher(Files.readString(DOCS.resolve("examples.md")))
            .results()
            .map(found -> DOCS.resolve(found.group(2)).normalize())
            .toList();

    assertThat(listed).containsExactlyInAnyOrderElementsOf(examples());
  }

  private static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(SOURCES)) {
      return files.filter(file -> !file.endsWith("package-info.java")).toList();
    }
  }
}
