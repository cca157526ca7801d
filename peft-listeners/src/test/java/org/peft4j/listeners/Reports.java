package org.peft4j.listeners;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.train.Evaluation;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.Fault;
import org.peft4j.train.StepCost;
import org.peft4j.train.StepCount;
import org.peft4j.train.StepReport;
import org.peft4j.train.StopReason;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingReport;
import org.peft4j.train.TrainingStart;

/** What a trainer would tell. */
final class Reports {

  static final int STEPS = 40;

  private Reports() {}

  static TrainingStart start(int step) {
    return new TrainingStart(step, STEPS, 1234);
  }

  /** Loss {@code 4 / step}, 100 tokens in a quarter of a second. */
  static StepReport step(int step) {
    return step(step, Map.of());
  }

  static StepReport step(int step, Map<String, Double> measures) {
    return new StepReport(
        new StepCount(step, STEPS, step / 8.0),
        4.0 / step,
        measures,
        1e-3 / step,
        0.5,
        new StepCost(100, 0.25));
  }

  static EvaluationReport evaluation(int step) {
    return evaluation(step, Map.of());
  }

  static EvaluationReport evaluation(int step, Map<String, Double> measures) {
    return new EvaluationReport(step, new Evaluation(5.0 / step, 1000, measures), true, 1);
  }

  static Fault fault(int step) {
    return new Fault(step, "the loss of step " + step + " is NaN", 1);
  }

  static TrainingReport end(StopReason reason) {
    return new TrainingReport(List.of(), List.of(), Optional.empty(), 0, reason, List.of());
  }

  static void steps(TrainingListener listener, int from, int to) {
    for (int step = from; step <= to; step++) {
      listener.onStep(step(step));
    }
  }
}
