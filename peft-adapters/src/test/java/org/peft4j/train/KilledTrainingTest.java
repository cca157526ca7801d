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

/** Kills a process that trains, at moments that nobody chose, and starts it again. */
class KilledTrainingTest {

  private static final int KILLS = 6;
  private static final int MINUTES = 2;

  @TempDir Path temporary;

  private final Random random = new Random(5);
  private int killedWhileSaving;

  @Test
  void goesOnToTheSameBitsWhereverItIsKilled() throws Exception {
    Path unbroken = run("unbroken");
    int reached = -1;
    for (int i = 0; i < KILLS; i++) {
      reached = killAfter(reached, i % 2 == 0);
    }
    Path resumed = run("killed");

    assertThat(reached).as("steps done when it was killed last").isLessThan(TrainingProcess.STEPS);
    assertThat(killedWhileSaving).as("times it was killed in the middle of a save").isPositive();
    assertThat(resumed).hasSameTextualContentAs(unbroken);
    assertThat(unfinished()).isEmpty();
  }

  /**
   * Kills a process some time after it has got further than {@code before}.
   *
   * @param saving whether to wait until it saves
   */
  private int killAfter(int before, boolean saving) throws IOException, InterruptedException {
    Process process = start("killed");
    while (latest() <= before || (saving && unfinished().isEmpty())) {
      assertThat(process.isAlive()).as("the process is still at work").isTrue();
      TimeUnit.MILLISECONDS.sleep(saving ? 0 : 2);
    }
    TimeUnit.MICROSECONDS.sleep(random.nextInt(saving ? 2_000 : 40_000));
    process.destroyForcibly().waitFor();
    if (!unfinished().isEmpty()) {
      killedWhileSaving++;
    }
    return latest();
  }

  private Path run(String name) throws IOException, InterruptedException {
    Process process = start(name);
    assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(log(name))).isZero();
    return result(name);
  }

  private Process start(String name) throws IOException {
    return ChildJvm.of(
            List.of("-Xmx256m"), TrainingProcess.class, temporary.resolve(name), result(name))
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
