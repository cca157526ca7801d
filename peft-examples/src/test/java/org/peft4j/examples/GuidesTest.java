package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The Java in the guides is that of {@link GuideSnippetsTest}, which runs it, or of an engine, a
 * family or an operation.
 */
class GuidesTest {

  private static final Path CORE = Path.of("../peft-core/src/test/java/org/peft4j");
  private static final Path MODELS = Path.of("../peft-transformers/src");
  private static final List<Path> SOURCES =
      List.of(
          Path.of("src/test/java/org/peft4j/examples/GuideSnippetsTest.java"),
          CORE.resolve("testkit/kernel/RemoteMemory.java"),
          CORE.resolve("kernel/RemoteKernelsTest.java"),
          CORE.resolve("outside/Softplus.java"),
          CORE.resolve("outside/SquaredDistance.java"),
          CORE.resolve("outside/OwnOperationTest.java"),
          Path.of("src/main/java/org/peft4j/examples/OwnMethod.java"),
          Path.of("src/main/java/org/peft4j/examples/OwnModelOnDigits.java"),
          Path.of("src/test/java/org/peft4j/examples/OwnConvolutionTest.java"),
          Path.of("src/test/java/org/peft4j/examples/OwnMethodTest.java"),
          MODELS.resolve("main/java/org/peft4j/transformers/qwen3/Qwen3Family.java"),
          MODELS.resolve("test/java/org/peft4j/transformers/qwen3/Qwen3FamilyTest.java"),
          MODELS.resolve("test/java/org/peft4j/outside/Gpt2StyleFamily.java"));

  static List<Path> guides() throws IOException {
    return DocumentsTest.pages();
  }

  @ParameterizedTest
  @MethodSource("guides")
  void showWhatIsRun(Path guide) throws IOException {
    StringBuilder run = new StringBuilder();
    for (Path source : SOURCES) {
      run.append(withoutIndents(Files.readString(source)));
    }

    Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
        .matcher(Files.readString(guide))
        .results()
        .forEach(block -> assertThat(run).contains(withoutIndents(block.group(1))));
  }

  private static String withoutIndents(String text) {
    return text.replaceAll("(?m)^ +", "");
  }
}
