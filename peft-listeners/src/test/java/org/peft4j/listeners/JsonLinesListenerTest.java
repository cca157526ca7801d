package org.peft4j.listeners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.train.StepCost;
import org.peft4j.train.StepCount;
import org.peft4j.train.StepReport;
import org.peft4j.train.StopReason;

class JsonLinesListenerTest {

  @TempDir Path folder;

  @Test
  void writesAStepAndAnEvaluation() throws IOException {
    Path file = folder.resolve("new/metrics.jsonl");
    try (JsonLinesListener listener = new JsonLinesListener(file)) {
      listener.onStart(Reports.start(0));
      listener.onStep(Reports.step(1, Map.of("b", 2.0, "a", 1.0)));
      listener.onEvaluation(Reports.evaluation(1, Map.of("accuracy", 0.5)));
      listener.onEnd(Reports.end(StopReason.STEPS));
    }

    assertThat(Files.readString(file))
        .isEqualTo(
            """
            {"step":1,"epoch":0.125,"loss":4.0,"lr":0.001,"gradient_norm":0.5,"tokens":100,\
            "tokens_per_second":400.0,"seconds":0.25,"a":1.0,"b":2.0}
            {"step":1,"eval_loss":5.0,"eval_perplexity":148.4131591025766,"eval_accuracy":0.5}
            """);
  }

  @Test
  void aLineIsThereAsSoonAsItsStepIsDone() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    try (JsonLinesListener listener = new JsonLinesListener(file)) {
      listener.onStart(Reports.start(0));
      assertThat(file).isEmptyFile();
      listener.onStep(Reports.step(1));
      assertThat(steps(file)).containsExactly(1);
      listener.onStep(Reports.step(2));
      assertThat(steps(file)).containsExactly(1, 2);
    }
  }

  @Test
  void aResumedFileReadsAsOneUnbrokenRun() throws IOException {
    Path broken = folder.resolve("broken.jsonl");
    Path whole = folder.resolve("whole.jsonl");
    run(broken, 0, 7);
    run(broken, 4, 9);
    run(whole, 0, 9);

    assertThat(broken).hasSameTextualContentAs(whole);
  }

  @Test
  void whatACrashLeftOfTheLastLineIsDropped() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    run(file, 0, 3);
    Files.writeString(file, "{\"step\":4,\"lo", StandardOpenOption.APPEND);
    run(file, 3, 4);

    assertThat(steps(file)).containsExactly(1, 2, 3, 4);
  }

  @Test
  void aNewRunReplacesTheFile() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    run(file, 0, 5);
    run(file, 0, 2);

    assertThat(steps(file)).containsExactly(1, 2);
  }

  @Test
  void keepsTheEvaluationOfTheStepThatItGoesOnFrom() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    try (JsonLinesListener listener = new JsonLinesListener(file)) {
      listener.onStart(Reports.start(0));
      Reports.steps(listener, 1, 2);
      listener.onEvaluation(Reports.evaluation(2));
      listener.onStep(Reports.step(3));
      listener.onEvaluation(Reports.evaluation(3));
    }
    run(file, 2, 3);

    assertThat(steps(file)).containsExactly(1, 2, 2, 3);
    assertThat(Files.readAllLines(file).get(2)).contains("eval_loss");
  }

  @Test
  void goesOnFromAStepWithoutAFile() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    run(file, 4, 6);

    assertThat(steps(file)).containsExactly(5, 6);
  }

  @Test
  void aNumberThatIsNotFiniteIsNull() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    try (JsonLinesListener listener = new JsonLinesListener(file)) {
      listener.onStep(
          new StepReport(new StepCount(1, 1, 0), Double.NaN, Map.of(), 0, 0, new StepCost(1.5, 0)));
    }

    JsonNode line = new ObjectMapper().readTree(Files.readString(file));
    assertThat(line.get("loss").isNull()).isTrue();
    assertThat(line.get("tokens_per_second").isNull()).isTrue();
    assertThat(line.get("tokens").doubleValue()).isEqualTo(1.5);
  }

  @Test
  void refusesToGoOnInAnotherFile() throws IOException {
    Path file = folder.resolve("notes.txt");
    Files.writeString(file, "{\"step\":1}\n{\"name\":\"x\"}\n");

    assertThatThrownBy(() -> run(file, 2, 3))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage(
            "cannot use %s: line 2 is not one of this listener's: it has no step".formatted(file));
    assertThat(Files.readString(file)).isEqualTo("{\"step\":1}\n{\"name\":\"x\"}\n");
  }

  @Test
  void namesTheFileThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "").resolve("metrics.jsonl");

    assertThatThrownBy(() -> run(file, 0, 1))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot use " + file);
  }

  @Test
  void writesOnAThreadThatHasBeenAskedToStop() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    Thread.currentThread().interrupt();
    try {
      run(file, 0, 2);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }

    assertThat(steps(file)).containsExactly(1, 2);
  }

  private static void run(Path file, int done, int last) {
    try (JsonLinesListener listener = new JsonLinesListener(file)) {
      listener.onStart(Reports.start(done));
      Reports.steps(listener, done + 1, last);
    }
  }

  private static List<Integer> steps(Path file) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<Integer> steps = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      steps.add(json.readTree(line).get("step").intValue());
    }
    return steps;
  }
}
