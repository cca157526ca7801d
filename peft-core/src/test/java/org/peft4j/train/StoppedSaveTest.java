package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.io.AtomicFiles;
import org.peft4j.testkit.StoppedFiles;

/** A process that ends, or the power that fails, at every single file operation of a save. */
class StoppedSaveTest {

  private static final String OLD = "what was there before";
  private static final String NEW = "something else and longer than that";

  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void leavesTheOldCheckpointOrTheNew(boolean power) throws IOException {
    double[] unbroken = fit(temporary.resolve("unbroken"), 9);
    List<Integer> from = new ArrayList<>();
    StoppedFiles files;
    int operation = 0;
    do {
      Path folder = temporary.resolve("run-" + ++operation);
      fit(folder, 3);
      files = new StoppedFiles(operation, power);
      fit(files.path(folder), 6);

      int[] start = {-1};
      double[] values = fit(folder, 9, starting(start));
      assertThat(values).as("stopped at operation %d", operation).isEqualTo(unbroken);
      from.add(start[0]);
    } while (files.isStopped());

    // Reading the old, then making, writing, forcing and renaming the new, then deleting the old.
    assertThat(operation).as("operations: %s", files.done()).isGreaterThan(15);
    assertThat(from).as("steps gone on from").isSorted().contains(3, 6).doesNotContain(0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void leavesTheOldFileOrTheNew(boolean power) throws IOException {
    List<String> found = new ArrayList<>();
    Path file = temporary.resolve("file");
    StoppedFiles files;
    int operation = 0;
    do {
      Files.writeString(file, OLD);
      files = new StoppedFiles(++operation, power);
      try {
        AtomicFiles.write(files.path(file), NEW.getBytes());
      } catch (StoppedFiles.Stop e) {
        assertThat(files.isStopped()).isTrue();
      }
      found.add(Files.readString(file));
    } while (files.isStopped());
    files.end();
    found.add(Files.readString(file));

    assertThat(found).containsOnly(OLD, NEW);
    assertThat(found.get(0)).isEqualTo(OLD);
    assertThat(found.get(found.size() - 1)).isEqualTo(NEW);
  }

  @Test
  void theTestItselfSeesAWriteThatIsNotForced() throws IOException {
    Path file = Files.writeString(temporary.resolve("file"), OLD);
    Path other = temporary.resolve("other");
    StoppedFiles files = new StoppedFiles(4, true);
    try {
      Files.writeString(files.path(other), NEW);
      Files.move(files.path(other), files.path(file), StandardCopyOption.ATOMIC_MOVE);
      Files.delete(files.path(file));
    } catch (StoppedFiles.Stop e) {
      assertThat(files.isStopped()).isTrue();
    }

    assertThat(Files.readString(other)).isEmpty();
    assertThat(Files.readString(file)).isEqualTo(OLD);
  }

  private double[] fit(Path folder, int steps, TrainingListener... listeners) {
    Toy toy = new Toy().saving(at -> AtomicFiles.write(at.resolve("adapter"), new byte[9]));
    CheckpointPlan plan = new CheckpointPlan(folder, 3, 1, true);
    try (Trainer<Long> trainer = toy.trainer(new TrainingConfig(steps, 0.05))) {
      trainer.fit(Toy.batches(5), new TrainingPlan<Long>(listeners).saving(plan));
    }
    return toy.values();
  }

  private static TrainingListener starting(int[] step) {
    return new TrainingListener() {
      @Override
      public void onStart(TrainingStart start) {
        step[0] = start.step();
      }

      @Override
      public void onStep(StepReport report) {}
    };
  }
}
