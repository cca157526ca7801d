package org.peft4j.listeners;

import java.util.Objects;
import java.util.function.Consumer;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.Fault;
import org.peft4j.train.StepReport;
import org.peft4j.train.Trouble;

/** A line now and then, for log files. */
final class ProgressInLines implements ProgressView {

  private static final int PARTS = 10;

  private final Consumer<String> lines;
  private double spent;
  private int done;
  private int first;

  ProgressInLines(Consumer<String> lines) {
    this.lines = Objects.requireNonNull(lines, "lines");
  }

  @Override
  public void begin(int step, int steps) {
    spent = 0;
    done = 0;
    first = step + 1;
  }

  @Override
  public void step(StepReport step) {
    spent += step.seconds();
    done++;
    int between = Math.max(1, step.steps() / PARTS);
    boolean isLast = step.step() == step.steps();
    if (step.step() % between == 0 || step.step() == first || isLast) {
      String left = isLast ? "" : ", " + left(step) + " left";
      String numbers = StepText.numbers(step) + left;
      line(StepText.format("step %d of %d: %s", step.step(), step.steps(), numbers));
    }
  }

  /** Evaluations and checkpoints will take their share of the time as they did so far. */
  private String left(StepReport step) {
    return StepText.time(Math.round(spent / done * (step.steps() - step.step())));
  }

  @Override
  public void evaluation(EvaluationReport report) {
    spent(report.seconds());
    line(StepText.format("step %d: %s", report.step(), StepText.numbers(report)));
  }

  @Override
  public void fault(Fault fault) {
    line(StepText.fault(fault));
  }

  @Override
  public void trouble(Trouble trouble) {
    line(StepText.trouble(trouble));
  }

  @Override
  public void spent(double seconds) {
    spent += seconds;
  }

  @Override
  public void end() {}

  @Override
  public void line(String text) {
    lines.accept(text);
  }
}
