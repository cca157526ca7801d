package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.io.AtomicFiles;
import org.peft4j.kernel.DataType;

class CheckpointTest {

  private static final int STEPS = 12;

  @TempDir Path temporary;

  static Stream<Optimizer> optimizers() {
    return Stream.of(
        new AdamWSettings(0.1),
        new AdamWSettings(0.1).decaying(DecayToward.START),
        new Descent(0.9));
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void goesOnToTheSameBitsAsAnUnbrokenRun(Optimizer optimizer) {
    for (DataType type : List.of(DataType.FLOAT64, DataType.FLOAT32)) {
      Path folder = temporary.resolve(type.fileName());
      double[] unbroken = fit(new Toy(type), config(optimizer), new TrainingPlan<>());
      TrainingPlan<Long> plan = saving(folder, Toy.crashingAfter(8));
      assertThatThrownBy(() -> fit(new Toy(type), config(optimizer), plan))
          .hasMessageContaining("crash");

      Toy restarted = new Toy(type);
      List<Integer> steps = new ArrayList<>();
      double[] resumed =
          fit(restarted, config(optimizer), resuming(folder, step -> steps.add(step.step())));

      assertThat(steps).containsExactly(7, 8, 9, 10, 11, 12);
      assertThat(resumed).isEqualTo(unbroken);
    }
  }

  @Test
  void remembersTheBestEvaluationAndHowLongNothingHasImproved() {
    EvaluationPlan<Long> held =
        new EvaluationPlan<>(List.of(50L, 51L), 2)
            .keepingBest()
            .stopping(new EarlyStopping(3, 1e-3));
    TrainingConfig config = config(new AdamWSettings());
    TrainingPlan<Long> alone = new TrainingPlan<Long>().evaluating(held);
    Toy unbroken = new Toy();
    TrainingReport expected;
    try (Trainer<Long> trainer = unbroken.trainer(config)) {
      expected = trainer.fit(Toy.batches(5), alone);
    }
    assertThatThrownBy(
        () -> fit(new Toy(), config, saving(temporary, Toy.crashingAfter(7)).evaluating(held)));

    Toy restarted = new Toy();
    try (Trainer<Long> trainer = restarted.trainer(config)) {
      TrainingReport report = trainer.fit(Toy.batches(5), resuming(temporary).evaluating(held));

      assertThat(restarted.values()).isEqualTo(unbroken.values());
      assertThat(report.reason()).isEqualTo(expected.reason());
      assertThat(report.best().orElseThrow().step())
          .isEqualTo(expected.best().orElseThrow().step());
      assertThat(report.best().orElseThrow().evaluation())
          .isEqualTo(expected.best().orElseThrow().evaluation());
    }
  }

  @Test
  void keepsTheLatestAndAlwaysTheLastStep() throws IOException {
    fit(new Toy(), config(new AdamWSettings()), plan(new CheckpointPlan(temporary, 5, 2, false)));

    assertThat(names()).containsExactlyInAnyOrder("checkpoint-10", "checkpoint-12");
  }

  @Test
  void tellsListenersOfEachCheckpoint() {
    List<Path> told = new ArrayList<>();
    fit(
        new Toy(),
        config(new AdamWSettings()),
        saving(
            temporary,
            new TrainingListener() {
              @Override
              public void onStep(StepReport report) {}

              @Override
              public void onCheckpoint(CheckpointReport report) {
                assertThat(report.folder()).isDirectory();
                told.add(report.folder().getFileName());
              }
            }));

    assertThat(told)
        .map(Path::toString)
        .containsExactly("checkpoint-3", "checkpoint-6", "checkpoint-9", "checkpoint-12");
  }

  @Test
  void holdsWhatTheTraineeSaves() {
    Toy toy = new Toy().saving(folder -> AtomicFiles.write(folder.resolve("adapter"), new byte[9]));

    fit(toy, config(new AdamWSettings()), saving(temporary));

    assertThat(temporary.resolve("checkpoint-12/adapter")).hasSize(9);
  }

  @Test
  void aTrainingThatIsOverHasNothingLeftToDo() {
    double[] first = fit(new Toy(), config(new AdamWSettings()), saving(temporary));
    List<StepReport> steps = new ArrayList<>();

    double[] second = fit(new Toy(), config(new AdamWSettings()), resuming(temporary, steps::add));

    assertThat(steps).isEmpty();
    assertThat(second).isEqualTo(first);
  }

  @Test
  void goesOnForMoreStepsThanWereAskedForAtFirst() {
    TrainingConfig shorter = config(6, new AdamWSettings());
    fit(new Toy(), shorter, saving(temporary));

    double[] resumed = fit(new Toy(), config(new AdamWSettings()), resuming(temporary));

    TrainingConfig longer = config(new AdamWSettings());
    assertThat(resumed).isNotEqualTo(fit(new Toy(), shorter, new TrainingPlan<>()));
    assertThat(longer.steps()).isGreaterThan(shorter.steps());
  }

  @Test
  void refusesAFolderOfAnotherTrainingUnlessToldToGoOn() {
    fit(new Toy(), config(new AdamWSettings()), saving(temporary));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> fit(new Toy(), config(new AdamWSettings()), saving(temporary)))
        .withMessage(
            temporary.resolve("checkpoint-12")
                + " is there already; resume from it, or save the checkpoints of another training"
                + " elsewhere");
  }

  @Test
  void namesEveryDifferenceToTheTrainingOfTheCheckpoint() {
    fit(new Toy(), config(new AdamWSettings()), saving(temporary));
    Toy other = new Toy(DataType.FLOAT32).called("base model", "giant").called("adapter", "DoRA");
    TrainingConfig config =
        new TrainingConfig(STEPS, LearningRate.constant(0.1), new Descent(0), 2, 0, 5);

    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> {
              try (Trainer<Long> trainer = other.trainer(config)) {
                trainer.fit(Toy.batches(5, "letters"), resuming(temporary));
              }
            })
        .withMessage(
            temporary.resolve("checkpoint-12")
                + " is of another training:\n"
                + """
                    adapter: nothing there, DoRA here
                    base model: toy there, giant here
                    batches per step: 1 there, 2 here
                    data and its order: numbers there, letters here
                    optimizer: AdamWSettings there, Descent here
                    seed: 0 there, 5 here
                    trained a: F64 [6, 6] there, F32 [6, 6] here
                    trained b: F64 [6, 6] there, F32 [6, 6] here
                  """
                    .stripTrailing());
  }

  @Test
  void sweepsAwayWhatACrashInTheMiddleOfASaveLeft() throws IOException {
    Path half = Files.createDirectories(temporary.resolve(".unfinished-checkpoint-9-x"));
    Files.writeString(half.resolve("trainer_state.safetensors"), "half");

    fit(new Toy(), config(new AdamWSettings()), saving(temporary));

    assertThat(half).doesNotExist();
  }

  @Test
  void aSaveThatFailsLosesNothingAndTrainingCanGoOn() throws IOException {
    double[] unbroken = fit(new Toy(), config(new AdamWSettings()), new TrainingPlan<>());
    boolean[] full = {false};
    Toy toy =
        new Toy()
            .saving(
                folder -> {
                  AtomicFiles.write(folder.resolve("adapter"), new byte[9]);
                  if (full[0]) {
                    throw new IOException("No space left on device");
                  }
                });
    try (Trainer<Long> trainer = toy.trainer(config(new AdamWSettings()))) {
      TrainingPlan<Long> plan = saving(temporary, step -> full[0] = step.step() == 6);
      TrainingReport report = trainer.fit(Toy.batches(5), plan);

      assertThat(report.troubles()).hasSize(1);
      assertThat(report.troubles().get(0).step()).isEqualTo(6);
      assertThat(report.troubles().get(0).what())
          .isEqualTo(
              "cannot save a checkpoint after step 6 in "
                  + temporary
                  + ": No space left on device; "
                  + temporary.resolve("checkpoint-3")
                  + " is still there");
    }

    assertThat(toy.values()).isEqualTo(unbroken);
    assertThat(names()).containsExactlyInAnyOrder("checkpoint-3", "checkpoint-9", "checkpoint-12");
  }

  @Test
  void aFullDiskLosesNothing() throws IOException {
    Configuration small = Configuration.unix().toBuilder().setMaxSize(128 * 1024).build();
    double[] unbroken = fit(new Toy(), config(new AdamWSettings()), new TrainingPlan<>());
    try (FileSystem disk = Jimfs.newFileSystem(small)) {
      Path folder = Files.createDirectory(disk.getPath("/run"));
      Toy toy = new Toy().saving(at -> AtomicFiles.write(at.resolve("adapter"), new byte[40_000]));
      try (Trainer<Long> trainer = toy.trainer(config(new AdamWSettings()))) {
        TrainingReport report = trainer.fit(Toy.batches(5), saving(folder));

        assertThat(report.troubles()).hasSize(1);
        assertThat(report.troubles().get(0).what())
            .contains("adapter cannot be written: ")
            .endsWith("; /run/checkpoint-6 is still there");
      }

      assertThat(toy.values()).isEqualTo(unbroken);
      double[] resumed = fit(new Toy(), config(new AdamWSettings()), resuming(folder));
      assertThat(resumed).isEqualTo(unbroken);
    }
  }

  @Test
  void checkpointsThatComeByTimeChangeNoNumber() throws IOException {
    double[] unbroken = fit(new Toy(), config(new AdamWSettings()), new TrainingPlan<>());
    CheckpointPlan often = CheckpointPlan.timed(temporary.resolve("a"), Duration.ofNanos(1));
    CheckpointPlan never = CheckpointPlan.timed(temporary.resolve("b"), Duration.ofDays(1));

    List<Path> folders = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void onStep(StepReport report) {}

          @Override
          public void onCheckpoint(CheckpointReport report) {
            folders.add(report.folder().getFileName());
          }
        };

    double[] saved = fit(new Toy(), config(new AdamWSettings()), plan(often, listener));

    assertThat(saved).isEqualTo(unbroken);
    assertThat(folders).startsWith(Path.of("checkpoint-1"));
    assertThat(names("a")).hasSizeBetween(1, 2);
    fit(new Toy(), config(new AdamWSettings()), plan(never));
    assertThat(temporary.resolve("b")).doesNotExist();
  }

  @Test
  void savingTakesNoMoreThanATwentiethOfTheTime() throws IOException {
    Toy slow = new Toy().saving(folder -> sleep(250));
    List<Path> saved = new ArrayList<>();
    CheckpointPlan often = CheckpointPlan.timed(temporary, Duration.ofNanos(1));
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void onStep(StepReport report) {
            sleep(5);
          }

          @Override
          public void onCheckpoint(CheckpointReport report) {
            saved.add(report.folder());
          }
        };

    fit(slow, config(new AdamWSettings()), plan(often, listener));

    assertThat(saved).hasSize(1);
  }

  private static void sleep(int milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void anInterruptionIsReasonEnoughForACheckpoint() throws IOException {
    double[] unbroken = fit(new Toy(), config(new AdamWSettings()), new TrainingPlan<>());
    CheckpointPlan plan = CheckpointPlan.whenBrokenOff(temporary);

    fit(new Toy(), config(new AdamWSettings()), plan(plan, Toy.interruptingAfter(4)));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(names()).containsExactly("checkpoint-4");
    assertThat(fit(new Toy(), config(new AdamWSettings()), plan(plan.resuming())))
        .isEqualTo(unbroken);
    assertThat(names()).containsExactly("checkpoint-4");
  }

  @Test
  void rejectsAPlanThatCannotBe() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CheckpointPlan(temporary, 0))
        .withMessage("the number of steps between checkpoints must be at least 1 but was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CheckpointPlan.timed(temporary, Duration.ZERO))
        .withMessage("the time between checkpoints must be above 0 but was PT0S");
  }

  @Test
  void anInterruptionSavesWhereTrainingIs() throws IOException {
    double[] unbroken = fit(new Toy(), config(new AdamWSettings()), new TrainingPlan<>());
    Path folder = temporary.resolve("runs");

    fit(new Toy(), config(new AdamWSettings()), saving(folder, Toy.interruptingAfter(4)));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(folder.resolve("checkpoint-4")).isDirectory();
    assertThat(fit(new Toy(), config(new AdamWSettings()), resuming(folder))).isEqualTo(unbroken);
  }

  @Test
  void anInterruptionInTheMiddleOfASaveDoesNotSpoilIt() {
    boolean[] once = {false};
    Toy toy =
        new Toy()
            .saving(
                folder -> {
                  if (!once[0]) {
                    once[0] = true;
                    Thread.currentThread().interrupt();
                  }
                  AtomicFiles.write(folder.resolve("adapter"), new byte[9]);
                });

    fit(toy, config(new AdamWSettings()), saving(temporary));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(temporary.resolve("checkpoint-3/adapter")).hasSize(9);
    assertThat(temporary.resolve("checkpoint-6")).doesNotExist();
  }

  @Test
  void saysThatAFileIsNoState() throws IOException {
    Path checkpoint = Files.createDirectories(temporary.resolve("checkpoint-3"));
    Files.write(checkpoint.resolve("trainer_state.safetensors"), new byte[] {1, 2, 3});

    assertThatThrownBy(() -> fit(new Toy(), config(new AdamWSettings()), resuming(temporary)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot go on from " + temporary)
        .hasMessageContaining("trainer_state.safetensors");
  }

  private List<String> names() throws IOException {
    return names("");
  }

  private List<String> names(String folder) throws IOException {
    try (Stream<Path> entries = Files.list(temporary.resolve(folder))) {
      return entries.map(path -> path.getFileName().toString()).toList();
    }
  }

  private static double[] fit(Toy toy, TrainingConfig config, TrainingPlan<Long> plan) {
    try (Trainer<Long> trainer = toy.trainer(config)) {
      trainer.fit(Toy.batches(5), plan);
    }
    return toy.values();
  }

  private static TrainingPlan<Long> saving(Path folder, TrainingListener... listeners) {
    return new TrainingPlan<Long>(listeners).saving(new CheckpointPlan(folder, 3));
  }

  private static TrainingPlan<Long> resuming(Path folder, TrainingListener... listeners) {
    return new TrainingPlan<Long>(listeners).saving(new CheckpointPlan(folder, 3).resuming());
  }

  private static TrainingPlan<Long> plan(
      CheckpointPlan checkpoints, TrainingListener... listeners) {
    return new TrainingPlan<Long>(listeners).saving(checkpoints);
  }

  private static TrainingConfig config(Optimizer optimizer) {
    return config(STEPS, optimizer);
  }

  private static TrainingConfig config(int steps, Optimizer optimizer) {
    return new TrainingConfig(
        steps, new LearningRate(0.05, Schedule.COSINE, Warmup.share(0.2)), optimizer, 1, 1, 0);
  }
}
