package org.peft4j.listeners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.train.StopReason;

class CsvListenerTest {

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("metrics.csv");
  }

  @Test
  void writesAColumnPerNumberAndARowPerEvent() throws IOException {
    try (CsvListener listener = new CsvListener(file)) {
      listener.onStart(Reports.start(0));
      listener.onStep(Reports.step(1, Map.of("accuracy", 0.25)));
      listener.onEvaluation(Reports.evaluation(1, Map.of("accuracy", 0.5)));
      listener.onEnd(Reports.end(StopReason.STEPS));
    }

    assertThat(Files.readString(file))
        .isEqualTo(
            """
            step,epoch,loss,lr,gradient_norm,tokens,tokens_per_second,seconds,accuracy,\
            eval_loss,eval_perplexity,eval_accuracy
            1,0.125,4.0,0.001,0.5,100,400.0,0.25,0.25,,,
            1,,,,,,,,,5.0,148.4131591025766,0.5
            """);
  }

  @Test
  void aMeasureThatComesUpLaterAddsAColumn() throws IOException {
    try (CsvListener listener = new CsvListener(file)) {
      listener.onStart(Reports.start(0));
      listener.onStep(Reports.step(1));
      listener.onEvaluation(Reports.evaluation(1, Map.of("exact, \"strict\"", 0.5)));
      listener.onStep(Reports.step(2));
    }

    assertThat(Files.readString(file))
        .isEqualTo(
            """
            step,epoch,loss,lr,gradient_norm,tokens,tokens_per_second,seconds,\
            eval_loss,eval_perplexity,eval_exact_ _strict_
            1,0.125,4.0,0.001,0.5,100,400.0,0.25,,,
            1,,,,,,,,5.0,148.4131591025766,0.5
            2,0.25,2.0,5.0E-4,0.5,100,400.0,0.25,,,
            """);
  }

  @Test
  void aResumedFileReadsAsOneUnbrokenRun() throws IOException {
    Path whole = folder.resolve("whole.csv");
    run(file, 0, 7);
    Files.writeString(file, "8,1.0,0.", StandardOpenOption.APPEND);
    run(file, 4, 9);
    run(whole, 0, 9);

    assertThat(file).hasSameTextualContentAs(whole);
  }

  @Test
  void aCrashBeforeTheFirstStepLeavesNothingToGoOnFrom() throws IOException {
    new CsvListener(file).onStart(Reports.start(0));
    run(file, 3, 4);

    assertThat(Files.readAllLines(file)).hasSize(2);
  }

  @Test
  void aNewRunReplacesTheFile() throws IOException {
    Files.writeString(file, "something else\n");
    run(file, 0, 1);

    assertThat(Files.readAllLines(file)).hasSize(2);
  }

  @Test
  void refusesToGoOnInAnotherFile() throws IOException {
    Files.writeString(file, "name,size\nx,1\n");

    assertThatThrownBy(() -> run(file, 1, 2))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage(
            "cannot use %s: line 1 is not one of this listener's: its first column is not step"
                .formatted(file));
    assertThat(Files.readString(file)).isEqualTo("name,size\nx,1\n");
  }

  @Test
  void refusesToGoOnFromARowWithoutAStep() throws IOException {
    Files.writeString(file, "step,loss\n1,2.5\nx,1\n");

    assertThatThrownBy(() -> run(file, 1, 2))
        .hasMessage(
            "cannot use %s: line 3 is not one of this listener's: it begins with 'x', not with a step"
                .formatted(file));
  }

  private static void run(Path file, int done, int last) {
    try (CsvListener listener = new CsvListener(file)) {
      listener.onStart(Reports.start(done));
      Reports.steps(listener, done + 1, last);
    }
  }
}
