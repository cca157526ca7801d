package org.peft4j.listeners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.peft4j.train.CheckpointReport;
import org.peft4j.train.StopReason;

class ProgressBarListenerTest {

  private final List<String> lines = new ArrayList<>();

  @Test
  void writesALineNowAndThen() {
    try (ProgressBarListener listener = ProgressBarListener.lines(lines::add)) {
      listener.onStart(Reports.start(0));
      Reports.steps(listener, 1, 40);
      listener.onEnd(Reports.end(StopReason.STEPS));
    }

    assertThat(lines)
        .hasSize(11)
        .startsWith(
            "step 1 of 40: loss 4.0000, lr 1.0e-03, 400 tokens/s, 0:10 left",
            "step 4 of 40: loss 1.0000, lr 2.5e-04, 400 tokens/s, 0:09 left")
        .endsWith("step 40 of 40: loss 0.1000, lr 2.5e-05, 400 tokens/s");
  }

  @Test
  void tellsEvaluationsAndCountsTheirTime() {
    ProgressBarListener listener = ProgressBarListener.lines(lines::add);
    listener.onStart(Reports.start(0));
    Reports.steps(listener, 1, 2);
    listener.onEvaluation(Reports.evaluation(2, Map.of("accuracy", 0.5)));
    listener.onCheckpoint(new CheckpointReport(2, Path.of("checkpoint-2"), 400));
    Reports.steps(listener, 3, 4);

    assertThat(lines.subList(1, 3))
        .containsExactly(
            "step 2: evaluation loss 2.5000, perplexity 12.18, accuracy 0.5000 (the best so far)",
            "step 4 of 40: loss 1.0000, lr 2.5e-04, 400 tokens/s, 1:00:18 left");
  }

  @Test
  void goesOnFromACheckpoint() {
    ProgressBarListener listener = ProgressBarListener.lines(lines::add);
    listener.onStart(Reports.start(30));
    Reports.steps(listener, 31, 31);

    assertThat(lines)
        .containsExactly("step 31 of 40: loss 0.1290, lr 3.2e-05, 400 tokens/s, 0:02 left");
  }

  @Test
  void tellsWhatWasLeftOutAndWhyItEndedEarly() {
    ProgressBarListener listener = ProgressBarListener.lines(lines::add);
    listener.onStart(Reports.start(0));
    listener.onFault(Reports.fault(1));
    listener.onEnd(Reports.end(StopReason.PATIENCE));

    assertThat(lines)
        .containsExactly(
            "step 1 is left out, the 1st so far: the loss of step 1 is NaN",
            "training ended after step 1 of 40: held-out data did not improve any more");
  }

  @Test
  void drawsABarWhereItIsToldTo() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream terminal = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try (ProgressBarListener listener = ProgressBarListener.bar(terminal)) {
      listener.onStart(Reports.start(10));
      Reports.steps(listener, 11, 20);
      listener.onEvaluation(Reports.evaluation(20));
      listener.onFault(Reports.fault(21));
      Reports.steps(listener, 22, 22);
      listener.onEnd(Reports.end(StopReason.TIME));
    }

    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .contains("22/40")
        .contains("loss 0.1818, held out 0.2500")
        .endsWith("training ended after step 22 of 40: the time is up" + System.lineSeparator());
  }

  @Test
  void theBarHasRoomOnEveryTerminal() {
    String told = "loss 0.4136, held out 0.4298, 1 left out, 5,120 tokens/s, lr 2.0e-04";

    assertThat(BarText.line(54, 120, "0:15 left", told, 78))
        .isEqualTo(" 45 % [=========>            ] 54/120, 0:15 left, loss 0.4136, held out 0.4298")
        .hasSize(78);
    assertThat(BarText.line(54, 120, "0:15 left", told, 40))
        .isEqualTo(" 45 % [===========>             ] 54/120");
    assertThat(BarText.line(120, 120, "", told, 140))
        .isEqualTo("100 % [" + "=".repeat(54) + "] 120/120, " + told)
        .hasSize(140);
    assertThat(BarText.line(0, 1_000_000, "", "", 200))
        .isEqualTo("  0 % [>" + " ".repeat(57) + "] 0/1000000");
    assertThat(BarText.line(1, 2, "0:01 left", told, 10)).isEqualTo(" 50 %  1/2");
  }

  @Test
  void endsTheBarWhereTrainingFails() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ProgressBarListener listener = ProgressBarListener.bar(new PrintStream(bytes, true))) {
      listener.onStep(Reports.step(1));
    }

    assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("1/40").endsWith("\n");
  }

  @Test
  void endsTheBarOnAThreadThatHasBeenAskedToStop() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ProgressBarListener listener = ProgressBarListener.bar(new PrintStream(bytes, true));
    listener.onStep(Reports.step(1));
    Thread.currentThread().interrupt();
    listener.close();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("1/40").endsWith("\n");
  }
}
