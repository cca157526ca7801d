package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every script runs in JShell as {@code ./peft jshell} starts it, and is the notebook beside it.
 */
class NotebooksTest {

  private static final int MINUTES = 10;
  private static final String PICTURE = "picture: ";

  /** With a title and names of both axes, by a function of {@code peft.jsh} that styles it. */
  private static final Pattern CHART = Pattern.compile("= (lines|bars)\\(.+, \".+\", \".+\"\\);");

  @TempDir Path temporary;

  static List<Path> scripts() throws IOException {
    return Script.all();
  }

  @ParameterizedTest
  @CsvSource({
    "first-run, loss after: , adapter_model.safetensors",
    "choose-a-method, PiSSA, SVFit",
    "singular-values, of the energy, effective rank",
    "merge-and-serve, serving at http, At dawn."
  })
  void runsFromTopToBottom(String script, String first, String second) throws Exception {
    String output = run(Script.FOLDER.resolve(script + ".jsh"));

    assertThat(output).doesNotContain("Error:").doesNotContain("Exception").doesNotContain("|  ");
    assertThat(output).contains(first).contains(second);
    String cells = Files.readString(Script.FOLDER.resolve(script + ".jsh"));
    assertThat(output.lines().filter(line -> line.startsWith(PICTURE)).toList())
        .hasSize(cells.split("\npicture\\(", -1).length - 1)
        .allSatisfy(line -> assertThat(Path.of(line.substring(PICTURE.length()))).isNotEmptyFile());
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void picturesSayWhatTheyShow(Path script) throws IOException {
    String cells = Files.readString(script);

    assertThat(CHART.matcher(cells).results()).hasSize(cells.split("\npicture\\(", -1).length - 1);
    assertThat(cells).doesNotContain("ChartBuilder");
  }

  @Test
  void thereIsATestForEveryScript() throws IOException {
    assertThat(scripts()).hasSize(4);
  }

  /** {@code Script.main} writes them anew. */
  @ParameterizedTest
  @MethodSource("scripts")
  void theNotebookHoldsTheCellsOfTheScript(Path script) throws IOException {
    assertThat(Files.readString(Script.notebook(script)))
        .isEqualTo(Script.read(script).toNotebook());
  }

  private String run(Path script) throws IOException, InterruptedException {
    Path log = temporary.resolve("log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "jshell").toString());
    command.add("-s");
    command.add("-R-Dpeft4j.steps=3");
    command.add("-R-Djava.io.tmpdir=" + temporary);
    if (Runtime.version().feature() >= 24) {
      command.add("-R--enable-native-access=ALL-UNNAMED");
      command.add("-R--sun-misc-unsafe-memory-access=allow");
    }
    command.addAll(List.of("--class-path", System.getProperty("java.class.path")));
    command.addAll(List.of("--startup", "DEFAULT"));
    command.addAll(List.of("--startup", Script.FOLDER.resolve("peft.jsh").toString()));
    command.add(script.toString());
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(emptyInput())
            .start();
    assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
    return Files.readString(log);
  }

  /** Where the input ends JShell ends. */
  private File emptyInput() throws IOException {
    return Files.createFile(temporary.resolve("input")).toFile();
  }
}
