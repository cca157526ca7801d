package org.peft4j.listeners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.BatchSource;
import org.peft4j.train.CheckpointPlan;
import org.peft4j.train.EvaluationPlan;
import org.peft4j.train.Loss;
import org.peft4j.train.StopReason;
import org.peft4j.train.Trainee;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingPlan;
import org.peft4j.train.TrainingReport;

/** All listeners in a training that breaks off and goes on. */
class TrainingTest {

  private static final int STEPS = 12;
  private static final Kernels KERNELS = new PlainKernels();

  @TempDir Path folder;

  /** Each batch is the label of one example. */
  private record Labels() implements BatchSource<Integer> {

    @Override
    public Integer batch(long number) {
      return (int) (number % 2);
    }

    @Override
    public int perEpoch() {
      return 4;
    }

    @Override
    public String signature() {
      return "labels";
    }
  }

  @Test
  void filesOfATrainingThatFailedAndWentOnAreThoseOfOneThatDidNot() throws IOException {
    Path broken = folder.resolve("broken");
    Path whole = folder.resolve("whole");

    assertThatThrownBy(() -> train(broken, failingAt(9))).hasMessage("step 9");
    assertThat(Files.readAllLines(broken.resolve("metrics.csv"))).hasSize(1 + 9 + 2);
    assertThat(broken.resolve("loss.png")).isNotEmptyFile();
    train(broken, step -> {});
    train(whole, step -> {});

    assertThat(steady(broken.resolve("metrics.csv")))
        .hasSize(1 + STEPS + 3)
        .isEqualTo(steady(whole.resolve("metrics.csv")));
    assertThat(Files.readAllLines(broken.resolve("metrics.jsonl"))).hasSize(STEPS + 3);
    assertThat(EventReader.read(events(whole).get(0))).hasSize(2 + STEPS + 3);
    assertThat(events(broken)).hasSize(2);
    assertThat(broken.resolve("loss.svg")).isNotEmptyFile();
  }

  @Test
  void anInterruptedTrainingEndsInPeace() throws IOException {
    Path there = folder.resolve("interrupted");
    TrainingReport report;
    try {
      report =
          train(
              there,
              step -> {
                if (step.step() == 5) {
                  Thread.currentThread().interrupt();
                }
              });
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }

    assertThat(report.reason()).isEqualTo(StopReason.INTERRUPTED);
    assertThat(Files.readAllLines(there.resolve("metrics.csv"))).hasSize(1 + 5 + 1);
    assertThat(there.resolve("loss.png")).isNotEmptyFile();
  }

  private static TrainingListener failingAt(int step) {
    return report -> {
      if (report.step() == step) {
        throw new AssertionError("step " + step);
      }
    };
  }

  private static TrainingReport train(Path there, TrainingListener last) {
    try (CsvListener csv = new CsvListener(there.resolve("metrics.csv"));
        JsonLinesListener json = new JsonLinesListener(there.resolve("metrics.jsonl"));
        TensorBoardListener tensorBoard = new TensorBoardListener(there.resolve("events"));
        CurvesListener curves =
            new CurvesListener(there.resolve("loss.png"), there.resolve("loss.svg"));
        ProgressBarListener progress = ProgressBarListener.lines(line -> {});
        Trainer<Integer> trainer = trainer()) {
      TrainingPlan<Integer> plan =
          new TrainingPlan<Integer>(csv, json, tensorBoard, curves, progress, last)
              .evaluating(new EvaluationPlan<>(List.of(0, 1), 4))
              .saving(new CheckpointPlan(there.resolve("checkpoints"), 3).resuming());
      return trainer.fit(new Labels(), plan);
    }
  }

  private static Trainer<Integer> trainer() {
    Tensor weights = Tensor.parameter(Tensor.of(new double[] {0.5, -0.25, 1, 0.75}, 2, 2).value());
    return new Trainer<>(
        Trainee.of(Map.of("weights", weights), KERNELS),
        (t, label) -> loss(t, weights, label),
        new TrainingConfig(STEPS, 0.1));
  }

  private static Loss loss(Tape t, Tensor weights, int label) {
    Tensor scores = t.linear(Tensor.of(new double[] {1, label}, 1, 2), weights);
    return new Loss(
        t.crossEntropySum(scores, new int[] {label}), 1, Map.of("label", (double) label));
  }

  /** The rows without what differs from run to run: tokens per second, and seconds. */
  private static List<List<String>> steady(Path table) throws IOException {
    List<String> header = List.of(Files.readAllLines(table).get(0).split(","));
    List<Integer> times = List.of(header.indexOf("tokens_per_second"), header.indexOf("seconds"));
    return Files.readAllLines(table).stream()
        .map(row -> withoutColumns(List.of(row.split(",", -1)), times))
        .toList();
  }

  private static List<String> withoutColumns(List<String> row, List<Integer> columns) {
    return IntStream.range(0, row.size())
        .filter(i -> !columns.contains(i))
        .mapToObj(row::get)
        .toList();
  }

  private static List<Path> events(Path there) throws IOException {
    try (Stream<Path> files = Files.list(there.resolve("events"))) {
      return files.sorted().toList();
    }
  }
}
