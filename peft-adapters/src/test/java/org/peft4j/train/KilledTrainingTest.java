package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.testkit.ChildJvm;

/** Kills a process that trains, in the middle of a save or at any moment, and starts it again. */
class KilledTrainingTest {

  private static final int KILLS = 6;
  private static final int MINUTES = 5;

  /** A process stays in one of its first so many saves, so that it is never done before its end. */
  private static final int SAVES = TrainingProcess.STEPS / KILLS - 1;

  @TempDir Path temporary;

  private final Random random = new Random(5);

  @Test
  void goesOnToTheSameBitsWhereverItIsKilled() throws Exception {
    Path unbroken = run("unbroken");
    int reached = -1;
    for (int i = 0; i < KILLS; i++) {
      reached = killAfter(reached, i % 2 == 0);
    }
    Path resumed = run("killed");

    assertThat(reached).as("steps done when it was killed last").isLessThan(TrainingProcess.STEPS);
    assertThat(resumed).hasSameTextualContentAs(unbroken);
    assertThat(unfinished()).isEmpty();
  }

  /**
   * Kills a process when it has got further than {@code before}.
   *
   * @param saving whether in the middle of a save
   */
  private int killAfter(int before, boolean saving) throws IOException, InterruptedException {
    Process process = start("killed", random.nextInt(3, SAVES));
    while (latest() <= before || (saving && !isHalf())) {
      assertThat(process.isAlive()).as(Files.readString(log("killed"))).isTrue();
      TimeUnit.MILLISECONDS.sleep(2);
    }
    if (!saving) {
      TimeUnit.MICROSECONDS.sleep(random.nextInt(40_000));
    }
    process.destroyForcibly().waitFor();
    if (saving) {
      assertThat(unfinished()).isNotEmpty();
    }
    return latest();
  }

  private Path run(String name) throws IOException, InterruptedException {
    Process process = start(name, 0);
    assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(log(name))).isZero();
    return result(name);
  }

  private Process start(String name, int held) throws IOException {
    return ChildJvm.of(
            List.of("-Xmx256m"), TrainingProcess.class, temporary.resolve(name), result(name), held)
        .redirectErrorStream(true)
        .redirectOutput(log(name).toFile())
        .start();
  }

  private int latest() throws IOException {
    return entries().stream()
        .filter(name -> name.startsWith("checkpoint-"))
        .mapToInt(name -> Integer.parseInt(name.substring("checkpoint-".length())))
        .max()
        .orElse(-1);
  }

  /** Whether there is a checkpoint that the process stays in the middle of. */
  private boolean isHalf() throws IOException {
    Path folder = temporary.resolve("killed");
    return unfinished().stream()
        .anyMatch(name -> Files.exists(folder.resolve(name).resolve(TrainingProcess.HALF)));
  }

  private List<String> unfinished() throws IOException {
    return entries().stream().filter(name -> name.startsWith(".unfinished-checkpoint")).toList();
  }

  private List<String> entries() throws IOException {
    Path folder = temporary.resolve("killed");
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(path -> path.getFileName().toString()).toList();
    }
  }

  private Path result(String name) {
    return temporary.resolve(name + ".txt");
  }

  private Path log(String name) {
    return temporary.resolve(name + ".log");
  }
}
