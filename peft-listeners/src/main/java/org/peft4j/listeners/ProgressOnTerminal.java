package org.peft4j.listeners;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Objects;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.Fault;
import org.peft4j.train.StepReport;
import org.peft4j.train.Trouble;

/** A bar that is drawn again and again. */
final class ProgressOnTerminal implements ProgressView {

  private final PrintStream terminal;
  private @Nullable ProgressBar bar;
  private String evaluation = "";
  private String faults = "";

  ProgressOnTerminal(PrintStream terminal) {
    this.terminal = Objects.requireNonNull(terminal, "terminal");
  }

  @Override
  public void begin(int step, int steps) {
    bar =
        new ProgressBarBuilder()
            .setTaskName("")
            .setInitialMax(steps)
            .startsFrom(step, Duration.ZERO)
            .setRenderer(new BarText())
            .setConsumer(new OpenTerminal(terminal))
            .build();
  }

  @Override
  public void step(StepReport step) {
    if (bar != null) {
      bar.setExtraMessage(loss(step) + evaluation + faults + speed(step));
      bar.stepTo(step.step());
    }
  }

  /** Briefly: what is told here is taken from the bar. */
  private static String loss(StepReport step) {
    return StepText.format("loss %.4f", step.loss());
  }

  private static String speed(StepReport step) {
    return StepText.format(", %,.0f tokens/s, lr %.1e", step.rate(), step.learningRate());
  }

  @Override
  public void evaluation(EvaluationReport report) {
    evaluation = StepText.format(", held out %.4f", report.evaluation().loss());
  }

  @Override
  public void fault(Fault fault) {
    faults = StepText.format(", %d left out", fault.skipped());
    if (bar != null) {
      bar.stepTo(fault.step());
    }
  }

  @Override
  public void trouble(Trouble trouble) {
    if (bar != null) {
      // The bar draws itself again on the next line.
      terminal.println();
    }
    line(StepText.trouble(trouble));
  }

  @Override
  public void spent(double seconds) {}

  @Override
  public void end() {
    if (bar != null) {
      // It would forget that the thread is interrupted, and not wait.
      boolean interrupted = Thread.interrupted();
      bar.close();
      bar = null;
      terminal.println();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void line(String text) {
    terminal.println(text);
  }

  /** A bar that lasts less than a moment does not end its line, so none of them does. */
  private static final class OpenTerminal extends ConsoleProgressBarConsumer {

    OpenTerminal(PrintStream terminal) {
      super(terminal);
    }

    @Override
    public void close() {}
  }
}
