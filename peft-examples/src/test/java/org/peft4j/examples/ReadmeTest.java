package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The program in README.md is the one that is compiled and run. */
class ReadmeTest {

  private static final Path SOURCE =
      Path.of("src/main/java/org/peft4j/examples/FineTuneStories.java");

  @Test
  void showsTheExampleAsItIs() throws IOException {
    Matcher block =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("../README.md")));

    assertThat(block.find()).isTrue();
    assertThat(withoutIndents(Files.readString(SOURCE))).contains(withoutIndents(block.group(1)));
  }

  private static String withoutIndents(String text) {
    return text.replaceAll("(?m)^ +", "");
  }
}
