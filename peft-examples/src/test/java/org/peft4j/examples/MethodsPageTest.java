package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Initializers;
import org.peft4j.spec.AdapterMethods;

/**
 * docs/methods.md has a row for everything that is registered, but the method of an example, and
 * for nothing else.
 */
class MethodsPageTest {

  @Test
  void listsEveryMethodAndInitializer() throws IOException {
    Stream<String> registered =
        Stream.concat(
            AdapterMethods.all().stream()
                .filter(method -> !(method instanceof OwnMethod.ScaledOutputs))
                .map(AdapterConfig::method),
            Initializers.all().stream().map(Initializer::name));

    assertThat(rows()).isEqualTo(new TreeSet<>(registered.toList()));
  }

  private static TreeSet<String> rows() throws IOException {
    List<String> page = Files.readAllLines(checkout().resolve("docs/methods.md"));
    Pattern row = Pattern.compile("\\| `([^`]+)` \\|.*");
    return new TreeSet<>(
        page.stream().map(row::matcher).filter(m -> m.matches()).map(m -> m.group(1)).toList());
  }

  private static Path checkout() {
    return Stream.iterate(Path.of("").toAbsolutePath(), d -> d != null, Path::getParent)
        .filter(directory -> Files.isDirectory(directory.resolve(".mvn")))
        .findFirst()
        .orElseThrow();
  }
}
