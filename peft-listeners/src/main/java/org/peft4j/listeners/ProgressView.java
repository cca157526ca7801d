package org.peft4j.listeners;

import org.peft4j.train.EvaluationReport;
import org.peft4j.train.Fault;
import org.peft4j.train.StepReport;
import org.peft4j.train.Trouble;

/** One of the ways to show progress. Between {@code begin} and {@code end} it is told the rest. */
interface ProgressView {

  /**
   * @param step steps that are done already
   */
  void begin(int step, int steps);

  void step(StepReport step);

  void evaluation(EvaluationReport report);

  void fault(Fault fault);

  void trouble(Trouble trouble);

  /** Time went into something else than steps. */
  void spent(double seconds);

  void end();

  /** Something to say before or after the steps. */
  void line(String text);
}
