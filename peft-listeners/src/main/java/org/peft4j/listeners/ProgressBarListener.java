package org.peft4j.listeners;

import java.io.PrintStream;
import java.util.function.Consumer;
import org.peft4j.train.CheckpointReport;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.Fault;
import org.peft4j.train.StepReport;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingReport;
import org.peft4j.train.TrainingStart;
import org.peft4j.train.Trouble;

/**
 * Shows people how far training is: loss, learning rate, tokens per second, the time that is left
 * and the last evaluation. On a terminal that is a {@link #bar}, in a log file a few {@link
 * #lines}.
 *
 * <p>It writes only where it is told to. Closing it leaves that place open.
 */
public final class ProgressBarListener implements TrainingListener, AutoCloseable {

  private final ProgressView view;
  private boolean running;
  private int last;
  private int steps;

  private ProgressBarListener(ProgressView view) {
    this.view = view;
  }

  /**
   * A bar that is drawn again and again on one line.
   *
   * @param terminal such as {@code System.err}
   */
  public static ProgressBarListener bar(PrintStream terminal) {
    return new ProgressBarListener(new ProgressOnTerminal(terminal));
  }

  /**
   * A line for the first step, for every tenth part of the steps and for every evaluation.
   *
   * @param lines takes one line at a time, such as {@code System.err::println}
   */
  public static ProgressBarListener lines(Consumer<String> lines) {
    return new ProgressBarListener(new ProgressInLines(lines));
  }

  @Override
  public void onStart(TrainingStart start) {
    close();
    view.begin(start.step(), start.steps());
    running = true;
    last = start.step();
    steps = start.steps();
  }

  @Override
  public void onStep(StepReport step) {
    if (!running) {
      onStart(new TrainingStart(step.step() - 1, step.steps(), 0));
    }
    last = step.step();
    view.step(step);
  }

  @Override
  public void onEvaluation(EvaluationReport report) {
    view.evaluation(report);
  }

  @Override
  public void onCheckpoint(CheckpointReport report) {
    view.spent(report.seconds());
  }

  @Override
  public void onFault(Fault fault) {
    last = fault.step();
    view.fault(fault);
  }

  @Override
  public void onTrouble(Trouble trouble) {
    view.trouble(trouble);
  }

  @Override
  public void onEnd(TrainingReport report) {
    close();
    if (last < steps) {
      view.line(StepText.end(last, steps, report));
    }
  }

  /** Ends the bar, so that what is written next has a line of its own. */
  @Override
  public void close() {
    if (running) {
      running = false;
      view.end();
    }
  }
}
