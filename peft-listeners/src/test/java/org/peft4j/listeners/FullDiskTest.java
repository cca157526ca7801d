package org.peft4j.listeners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.BatchSource;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainee;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingReport;

/** Files of listeners that cannot be written. */
class FullDiskTest {

  private static final Kernels KERNELS = new PlainKernels();
  private static final int STEPS = 4;

  @TempDir Path folder;

  @Test
  void noneOfThemEndsTraining() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");

    TrainingReport report =
        train(
            new CsvListener(file.resolve("m.csv")),
            new JsonLinesListener(file.resolve("m.jsonl")),
            new TensorBoardListener(file.resolve("events")),
            new CurvesListener(file.resolve("loss.png")));

    assertThat(report.steps()).hasSize(STEPS);
    assertThat(report.troubles()).hasSize(4);
    assertThat(report.troubles().get(0).what())
        .startsWith("CsvListener failed: cannot use " + file.resolve("m.csv") + ": ");
  }

  @Test
  void aLineThatDidNotFitDoesNotSpoilTheNext() throws IOException {
    Path file = Files.writeString(folder.resolve("lines"), "one\n");
    try (RandomAccessFile open = new OnceFull(file)) {
      open.seek(open.length());

      assertThatThrownBy(() -> WholeFile.append(file, open, "two\n".getBytes()))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessage("cannot use " + file + ": No space left on device");
      WholeFile.append(file, open, "three\n".getBytes());
    }

    assertThat(file).hasContent("one\nthree\n");
  }

  private static TrainingReport train(TrainingListener... listeners) {
    Tensor weights = Tensor.parameter(Tensor.of(new double[] {0.5, -0.25}, 1, 2).value());
    Tensor x = Tensor.of(new double[] {1, 2}, 1, 2);
    try (Trainer<Integer> trainer =
        new Trainer<>(
            Trainee.of(Map.of("weights", weights), KERNELS),
            (t, batch) -> new Loss(t.meanSquaredError(weights, x), 1),
            new TrainingConfig(STEPS, 0.1))) {
      return trainer.fit(new Ones(), listeners);
    }
  }

  /** Takes half of the first thing it is given. */
  private static final class OnceFull extends RandomAccessFile {

    private boolean full = true;

    OnceFull(Path file) throws IOException {
      super(file.toFile(), "rw");
    }

    @Override
    public void write(byte[] bytes) throws IOException {
      if (full) {
        full = false;
        super.write(bytes, 0, bytes.length / 2);
        throw new IOException("No space left on device");
      }
      super.write(bytes);
    }
  }

  private record Ones() implements BatchSource<Integer> {

    @Override
    public Integer batch(long number) {
      return 1;
    }

    @Override
    public int perEpoch() {
      return 2;
    }

    @Override
    public String signature() {
      return "ones";
    }
  }
}
