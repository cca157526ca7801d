package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.peft4j.tensor.Tensor;

class TrainingRunTest {

  private final List<Long> seen = new ArrayList<>();

  @Test
  void stepsFollowFromTheNumbersOfBatchesAndNoneReachesOverAnEpoch() {
    try (Trainer<Long> trainer = watched(config(5, 2))) {
      TrainingReport report = trainer.fit(Toy.batches(3));

      assertThat(seen).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
      assertThat(report.steps())
          .extracting(StepReport::terms)
          .containsExactly(2.0, 1.0, 2.0, 1.0, 2.0);
      assertThat(report.steps())
          .extracting(StepReport::epoch)
          .containsExactly(0.5, 1.0, 1.5, 2.0, 2.5);
      assertThat(report.reason()).isEqualTo(StopReason.STEPS);
      assertThat(TrainingConfig.stepsFor(3, Toy.batches(3), 2)).isEqualTo(6);
    }
  }

  @Test
  void reportsWhatTheObjectiveMeasures() {
    try (Trainer<Long> trainer = watched(config(1, 2))) {
      StepReport step = trainer.fit(Toy.batches(4)).steps().get(0);

      assertThat(step.measures()).isEqualTo(Map.of("number", 0.5));
    }
  }

  @Test
  void looksAtHeldOutDataNowAndThenAndAfterTheLastStep() {
    List<String> events = new ArrayList<>();
    TrainingListener listener = telling(events);
    try (Trainer<Long> trainer = watched(config(5, 1))) {
      TrainingReport report =
          trainer.fit(
              Toy.batches(9),
              new TrainingPlan<Long>(listener).evaluating(new EvaluationPlan<>(List.of(7L), 2)));

      assertThat(events)
          .containsExactly(
              "start 0 of 5",
              "1",
              "2",
              "evaluation 2",
              "3",
              "4",
              "evaluation 4",
              "5",
              "evaluation 5",
              "end STEPS");
      assertThat(report.evaluations()).extracting(EvaluationReport::step).containsExactly(2, 4, 5);
    }
  }

  @Test
  void endsWithTheParametersOfTheBestEvaluation() {
    Tensor p = parameter(0);
    TrainingConfig config = config(6, 1);
    try (Trainer<Double> trainer = followed(p, config)) {
      EvaluationPlan<Double> plan = new EvaluationPlan<>(List.of(0.22), 1).keepingBest();

      TrainingReport report = trainer.fit(ones(), new TrainingPlan<Double>().evaluating(plan));

      assertThat(report.best().orElseThrow().step()).isEqualTo(2);
      assertThat(p.item()).isCloseTo(0.2, within(1e-6));
      assertThat(report.evaluations())
          .extracting(EvaluationReport::best)
          .containsExactly(true, true, false, false, false, false);
    }
  }

  @Test
  void withoutThatEndsWithTheParametersOfTheLastStep() {
    Tensor p = parameter(0);
    try (Trainer<Double> trainer = followed(p, config(6, 1))) {
      trainer.fit(
          ones(), new TrainingPlan<Double>().evaluating(new EvaluationPlan<>(List.of(0.22), 1)));

      assertThat(p.item()).isCloseTo(0.6, within(1e-6));
    }
  }

  @Test
  void stopsWhenNothingImprovesForLongEnough() {
    try (Trainer<Double> trainer = followed(parameter(0), config(50, 1))) {
      EvaluationPlan<Double> plan =
          new EvaluationPlan<>(List.of(0.22), 1).stopping(new EarlyStopping(3));

      TrainingReport report = trainer.fit(ones(), new TrainingPlan<Double>().evaluating(plan));

      assertThat(report.reason()).isEqualTo(StopReason.PATIENCE);
      assertThat(report.steps()).hasSize(5);
    }
  }

  @Test
  void anImprovementThatIsTooSmallDoesNotRestorePatience() {
    try (Trainer<Double> trainer = followed(parameter(0), config(50, 1))) {
      EvaluationPlan<Double> plan =
          new EvaluationPlan<>(List.of(0.22), 1).stopping(new EarlyStopping(3, 1));

      TrainingReport report = trainer.fit(ones(), new TrainingPlan<Double>().evaluating(plan));

      assertThat(report.steps()).hasSize(4);
      assertThat(report.best().orElseThrow().step()).isEqualTo(2);
    }
  }

  @Test
  void theHighestMeasureIsBestWhereOneIsNamed() {
    try (Trainer<Double> trainer = followed(parameter(0), config(4, 1))) {
      EvaluationPlan<Double> plan = new EvaluationPlan<>(List.of(0.22), 1).by("value");

      TrainingReport report = trainer.fit(ones(), new TrainingPlan<Double>().evaluating(plan));

      assertThat(report.best().orElseThrow().step()).isEqualTo(4);
    }
  }

  @Test
  void refusesAMeasureThatNobodyTells() {
    try (Trainer<Double> trainer = followed(parameter(0), config(4, 1))) {
      EvaluationPlan<Double> plan = new EvaluationPlan<>(List.of(0.22), 1).by("accuracy");

      assertThatIllegalArgumentException()
          .isThrownBy(() -> trainer.fit(ones(), new TrainingPlan<Double>().evaluating(plan)))
          .withMessage("evaluations do not tell accuracy; they tell the loss and [value]");
    }
  }

  @Test
  void endsAfterTheStepInWhichTheTimeIsUp() {
    try (Trainer<Long> trainer = watched(config(100_000_000, 1))) {
      TrainingReport report =
          trainer.fit(Toy.batches(9), new TrainingPlan<Long>().within(Duration.ofMillis(50)));

      assertThat(report.reason()).isEqualTo(StopReason.TIME);
      assertThat(report.steps()).isNotEmpty();
    }
  }

  @Test
  void anInterruptedThreadStaysInterruptedAndTrainingCanGoOn() {
    double[] unbroken = trained(new Toy(), 6);
    Toy toy = new Toy();
    try (Trainer<Long> trainer = toy.trainer(config(6, 1))) {
      TrainingReport report = trainer.fit(Toy.batches(4), Toy.interruptingAfter(3));

      assertThat(Thread.interrupted()).isTrue();
      assertThat(report.reason()).isEqualTo(StopReason.INTERRUPTED);
      assertThat(report.steps()).hasSize(3);
      trainer.fit(Toy.batches(4));
      assertThat(toy.values()).isEqualTo(unbroken);
    }
  }

  @Test
  void anotherThreadMayStopIt() throws InterruptedException {
    CountDownLatch running = new CountDownLatch(1);
    try (Trainer<Long> trainer = watched(config(100_000_000, 1))) {
      Thread stopper =
          new Thread(
              () -> {
                try {
                  running.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                trainer.stop();
              });
      stopper.start();
      TrainingReport report = trainer.fit(Toy.batches(9), step -> running.countDown());
      stopper.join();

      assertThat(report.reason()).isEqualTo(StopReason.INTERRUPTED);
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }
  }

  @Test
  void severalTrainersAreAtWorkAtOnceWithoutMeeting() throws InterruptedException {
    double[] alone = trained(new Toy(), 40);
    List<double[]> together = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads =
        Stream.generate(() -> new Thread(() -> together.add(trained(new Toy(), 40))))
            .limit(3)
            .toList();
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(together).hasSize(3).allSatisfy(values -> assertThat(values).isEqualTo(alone));
  }

  @Test
  void saysThatTheBatchesEnded() {
    try (Trainer<Long> trainer = watched(config(9, 2))) {
      TrainingReport report = trainer.fit(List.of(1L, 2L, 3L).iterator());

      assertThat(report.reason()).isEqualTo(StopReason.DATA);
      assertThat(report.steps()).hasSize(2);
    }
  }

  @Test
  void rejectsPlansThatCannotBe() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EvaluationPlan<Long>(List.of(), 0))
        .withMessage("the number of steps between evaluations must be at least 1 but was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EarlyStopping(0))
        .withMessage("patience must be at least 1 but was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TrainingPlan<Long>().within(Duration.ZERO))
        .withMessage("the time limit must be above 0 but was PT0S");
  }

  private static double[] trained(Toy toy, int steps) {
    try (Trainer<Long> trainer = toy.trainer(config(steps, 1))) {
      trainer.fit(Toy.batches(4));
    }
    return toy.values();
  }

  private Trainer<Long> watched(TrainingConfig config) {
    Toy toy = new Toy();
    return new Trainer<>(
        toy,
        (t, batch) -> {
          seen.add(batch);
          return toy.loss(t, batch);
        },
        config);
  }

  /** Climbs by 0.1 a step; how far it is from a batch's number is what is evaluated. */
  private static Trainer<Double> followed(Tensor p, TrainingConfig config) {
    return new Trainer<>(
        Trainee.of(Map.of("p", p), Toy.KERNELS),
        (t, goal) ->
            new Loss(
                goal == 1
                    ? t.scale(p, -1)
                    : t.meanSquaredError(p, Tensor.of(new double[] {goal}, 1, 1)),
                1,
                Map.of("value", p.item())),
        config);
  }

  private static BatchSource<Double> ones() {
    return new BatchSource<>() {
      @Override
      public Double batch(long number) {
        return 1.0;
      }

      @Override
      public int perEpoch() {
        return 10;
      }

      @Override
      public String signature() {
        return "ones";
      }
    };
  }

  private static Tensor parameter(double value) {
    return Tensor.parameter(Tensor.of(new double[] {value}, 1, 1).value());
  }

  private static TrainingListener telling(List<String> events) {
    return new TrainingListener() {
      @Override
      public void onStart(TrainingStart start) {
        events.add("start " + start.step() + " of " + start.steps());
      }

      @Override
      public void onStep(StepReport report) {
        events.add(String.valueOf(report.step()));
      }

      @Override
      public void onEvaluation(EvaluationReport report) {
        events.add("evaluation " + report.step());
      }

      @Override
      public void onEnd(TrainingReport report) {
        events.add("end " + report.reason());
      }
    };
  }

  private static TrainingConfig config(int steps, int accumulation) {
    return new TrainingConfig(
        steps, LearningRate.constant(0.1), new AdamWSettings(), accumulation, 0, 0);
  }
}
