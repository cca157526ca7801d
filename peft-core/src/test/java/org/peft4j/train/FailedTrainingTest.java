package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.io.AtomicFolders;

/** Where training itself fails, what was learned by then is saved, and can be gone on with. */
class FailedTrainingTest {

  @TempDir Path folder;

  private boolean broken = true;

  @Test
  void whatWasLearnedBeforeAFailureIsSaved() {
    double[] unbroken = trained(new Toy(), new TrainingPlan<>());
    Toy toy = new Toy();
    try (Trainer<Long> trainer =
        new Trainer<>(
            toy,
            (t, batch) -> {
              if (broken && batch == 7) {
                throw new OutOfMemoryError("native memory");
              }
              return toy.loss(t, batch);
            },
            config(2))) {
      assertThatThrownBy(() -> trainer.fit(Toy.batches(9), plan()))
          .isInstanceOf(OutOfMemoryError.class);
      assertThat(folder.resolve("checkpoint-3")).isDirectory();

      assertThat(trained(new Toy(), resuming())).isEqualTo(unbroken);

      broken = false;
      trainer.fit(Toy.batches(9), new TrainingPlan<>());
    }
    assertThat(toy.values()).as("the same trainer, which takes the step again").isEqualTo(unbroken);
  }

  @Test
  void whatWasLearnedBeforeDataThatCannotBeReadIsSaved() {
    double[] unbroken = trained(new Toy(), new TrainingPlan<>());
    try (Trainer<Long> trainer = new Toy().trainer(config(2))) {
      assertThatThrownBy(() -> trainer.fit(batchesUpTo(10), plan())).hasMessage("no batch 10");
    }

    assertThat(folder.resolve("checkpoint-5")).isDirectory();
    assertThat(trained(new Toy(), resuming())).isEqualTo(unbroken);
  }

  @Test
  void anEvaluationThatFailedIsMadeUpFor() {
    EvaluationPlan<Long> held = new EvaluationPlan<>(this::heldOut, 3).keepingBest();
    broken = false;
    Toy unbroken = new Toy();
    TrainingReport expected = report(unbroken, new TrainingPlan<Long>().evaluating(held));
    broken = true;
    assertThatThrownBy(() -> trained(new Toy(), plan().evaluating(held))).hasMessage("no data");
    assertThat(folder.resolve("checkpoint-3")).isDirectory();
    broken = false;

    Toy resumed = new Toy();
    TrainingReport report = report(resumed, resuming().evaluating(held));

    assertThat(resumed.values()).isEqualTo(unbroken.values());
    assertThat(report.evaluations())
        .extracting(EvaluationReport::evaluation)
        .isEqualTo(expected.evaluations().stream().map(EvaluationReport::evaluation).toList());
  }

  @Test
  void anEvaluationIsNoReasonToKeepWhoeverAsksToStopWaiting() {
    Toy unbroken = new Toy();
    broken = false;
    EvaluationPlan<Long> held = new EvaluationPlan<>(this::heldOut, 3).keepingBest();
    report(unbroken, new TrainingPlan<Long>().evaluating(held));
    for (int asked = 1; asked <= 3; asked++) {
      // Evaluations follow steps 3, 6 and 8, the last.
      Toy toy = new Toy();
      int[] left = {asked};
      EvaluationPlan<Long> interrupted =
          new EvaluationPlan<Long>(
                  () -> {
                    if (--left[0] == 0) {
                      Thread.currentThread().interrupt();
                    }
                    return heldOut();
                  },
                  3)
              .keepingBest();
      TrainingReport report = report(toy, resuming().evaluating(interrupted));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(report.reason()).isEqualTo(StopReason.INTERRUPTED);

      report(toy, resuming().evaluating(held));
      assertThat(toy.values()).as("asked in evaluation %d", asked).isEqualTo(unbroken.values());
      forget();
    }
  }

  private void forget() {
    try (Stream<Path> all = Files.list(folder)) {
      for (Path checkpoint : all.toList()) {
        AtomicFolders.delete(checkpoint);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whatWasLearnedBeforeANumberThatIsNotFiniteIsSavedBesideWhatIsThere() {
    CheckpointPlan every3 = new CheckpointPlan(folder, 3, 1, false);
    try (Trainer<Long> trainer = new Toy().trainer(config(1))) {
      assertThatThrownBy(() -> trainer.fit(spoiltAt(4), new TrainingPlan<Long>().saving(every3)))
          .isInstanceOf(NotFiniteException.class)
          .hasMessageEndingWith("; the last checkpoint is " + folder.resolve("checkpoint-4"));
    }
    assertThat(folder.resolve("checkpoint-3")).isDirectory();
  }

  @Test
  void whatIsNotFiniteItselfIsNotSaved() {
    Toy toy = new Toy();
    try (Trainer<Long> trainer = toy.trainer(config(1))) {
      TrainingListener spoiling =
          step -> {
            if (step.step() == 4) {
              double[] values = toy.a().value().toDoubles();
              values[0] = Double.NaN;
              toy.a().value().put(values);
            }
          };
      TrainingPlan<Long> plan =
          new TrainingPlan<Long>(spoiling).saving(CheckpointPlan.whenBrokenOff(folder));
      assertThatThrownBy(() -> trainer.fit(Toy.batches(9), plan))
          .isInstanceOf(NotFiniteException.class);
    }
    assertThat(folder).isEmptyDirectory();
  }

  private Iterator<Long> heldOut() {
    if (broken) {
      throw new IllegalStateException("no data");
    }
    return List.of(50L, 51L).iterator();
  }

  private static BatchSource<Long> batchesUpTo(long end) {
    return new Changed(
        number -> {
          if (number >= end) {
            throw new IllegalStateException("no batch " + number);
          }
          return number;
        });
  }

  private static BatchSource<Long> spoiltAt(long bad) {
    return new Changed(number -> number == bad ? -1 : number);
  }

  private TrainingPlan<Long> plan() {
    return new TrainingPlan<Long>().saving(CheckpointPlan.whenBrokenOff(folder));
  }

  private TrainingPlan<Long> resuming() {
    return new TrainingPlan<Long>().saving(CheckpointPlan.whenBrokenOff(folder).resuming());
  }

  private static double[] trained(Toy toy, TrainingPlan<Long> plan) {
    report(toy, plan);
    return toy.values();
  }

  private static TrainingReport report(Toy toy, TrainingPlan<Long> plan) {
    try (Trainer<Long> trainer = toy.trainer(config(2))) {
      return trainer.fit(Toy.batches(9), plan);
    }
  }

  private static TrainingConfig config(int accumulation) {
    return new TrainingConfig(
        8, LearningRate.constant(0.05), new AdamWSettings(), accumulation, 1, 0);
  }

  /** The numbers of {@link Toy#batches}, made something of. */
  private record Changed(LongUnaryOperator change) implements BatchSource<Long> {

    @Override
    public Long batch(long number) {
      return change.applyAsLong(number);
    }

    @Override
    public int perEpoch() {
      return 9;
    }

    @Override
    public String signature() {
      return "numbers";
    }
  }
}
