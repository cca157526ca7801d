package org.peft4j.cli.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.testkit.ChildJvm;

/**
 * Files with random faults are read as they are, or refused in clear words: no crash, no endless
 * loop, no exception of somebody else. {@code mvn -Pfuzz verify} tries many more.
 */
class FuzzTest {

  /** For each file kind instead of the few that fit into a build. */
  private static final Integer INPUTS = Integer.getInteger("peft4j.fuzz.inputs");

  private static final long FIRST = Long.getLong("peft4j.fuzz.first", 0);

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "safetensors, 2000",
    "statistics, 1000",
    "model, 300",
    "tokenizer, 200",
    "adapter, 500",
    "rows, 400",
    "template, 2000"
  })
  void damagedFilesAreReadOrRefused(String reader, int usual) throws Exception {
    Path out = folder.resolve("out");
    Path log = folder.resolve("log");
    Process process =
        ChildJvm.of(
                List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:-CreateCoredumpOnCrash"),
                FuzzProcess.class,
                reader,
                FIRST,
                INPUTS == null ? usual : INPUTS,
                Files.createDirectory(folder.resolve("files")))
            .redirectOutput(out.toFile())
            .redirectError(log.toFile())
            .start();

    int exit = process.waitFor();

    List<String> said = Files.readAllLines(out);
    System.out.println("fuzz " + reader + ": " + String.join("; ", said));
    assertThat(said).noneMatch(line -> line.startsWith("fault"));
    assertThat(exit).as(() -> "exit code after\n" + end(log)).isZero();
  }

  private static String end(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
