package org.peft4j.listeners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.peft4j.train.CheckpointReport;
import org.peft4j.train.StopReason;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.AbstractLogger;
import org.slf4j.helpers.MessageFormatter;

class LogListenerTest {

  private final List<String> log = new ArrayList<>();

  @Test
  void tellsTheStoryOfATraining() {
    LogListener listener = new LogListener(new Memory(), 3);
    listener.onStart(Reports.start(0));
    Reports.steps(listener, 1, 4);
    listener.onEvaluation(Reports.evaluation(4));
    listener.onCheckpoint(new CheckpointReport(4, Path.of("checkpoint-4"), 0.5));
    listener.onFault(Reports.fault(5));
    listener.onStep(Reports.step(6, Map.of("accuracy", 0.5)));
    listener.onEnd(Reports.end(StopReason.DATA));

    assertThat(log)
        .containsExactly(
            "INFO training begins: 40 steps in all, 1234 numbers train",
            "INFO step 1 of 40: loss 4.0000, lr 1.0e-03, 400 tokens/s",
            "INFO step 3 of 40: loss 1.3333, lr 3.3e-04, 400 tokens/s",
            "INFO step 4: evaluation loss 1.2500, perplexity 3.49 (the best so far)",
            "INFO step 4: checkpoint checkpoint-4",
            "WARN step 5 is left out, the 1st so far: the loss of step 5 is NaN",
            "INFO step 6 of 40: loss 0.6667, accuracy 0.5000, lr 1.7e-04, 400 tokens/s",
            "INFO training ended after step 6 of 40: there are no more batches");
  }

  @Test
  void saysWhereItGoesOn() {
    new LogListener(new Memory(), 1).onStart(Reports.start(8));

    assertThat(log)
        .containsExactly("INFO training goes on after step 8: 40 steps in all, 1234 numbers train");
  }

  @Test
  void rejectsAnIntervalBelowOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LogListener(new Memory(), 0))
        .withMessage("the number of steps between messages must be at least 1 but was 0");
  }

  /** A logger that remembers. */
  private final class Memory extends AbstractLogger {

    private static final long serialVersionUID = 1;

    @Override
    protected void handleNormalizedLoggingCall(
        Level level,
        @Nullable Marker marker,
        String message,
        Object @Nullable [] arguments,
        @Nullable Throwable failure) {
      log.add(level + " " + MessageFormatter.basicArrayFormat(message, arguments));
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
      return null;
    }

    @Override
    public boolean isTraceEnabled() {
      return false;
    }

    @Override
    public boolean isTraceEnabled(Marker marker) {
      return false;
    }

    @Override
    public boolean isDebugEnabled() {
      return false;
    }

    @Override
    public boolean isDebugEnabled(Marker marker) {
      return false;
    }

    @Override
    public boolean isInfoEnabled() {
      return true;
    }

    @Override
    public boolean isInfoEnabled(Marker marker) {
      return true;
    }

    @Override
    public boolean isWarnEnabled() {
      return true;
    }

    @Override
    public boolean isWarnEnabled(Marker marker) {
      return true;
    }

    @Override
    public boolean isErrorEnabled() {
      return true;
    }

    @Override
    public boolean isErrorEnabled(Marker marker) {
      return true;
    }
  }
}
