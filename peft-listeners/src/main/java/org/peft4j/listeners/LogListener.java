package org.peft4j.listeners;

import java.util.Objects;
import org.peft4j.settings.Require;
import org.peft4j.train.CheckpointReport;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.Fault;
import org.peft4j.train.StepReport;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingReport;
import org.peft4j.train.TrainingStart;
import org.peft4j.train.Trouble;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells an SLF4J logger how training goes: every so many steps, evaluations, checkpoints, the
 * beginning and the end as {@code info}, steps that are left out and troubles as {@code warn}.
 */
public final class LogListener implements TrainingListener {

  private final Logger logger;
  private final int every;
  private int last;
  private int steps;

  /** Every tenth step, to the logger that has the name of this class. */
  public LogListener() {
    this(LoggerFactory.getLogger(LogListener.class), 10);
  }

  /**
   * @param logger where to, such as {@code LoggerFactory.getLogger("my.training")}
   * @param every steps from one message to the next; at least 1. The first step is told, too.
   */
  public LogListener(Logger logger, int every) {
    this.logger = Objects.requireNonNull(logger, "logger");
    this.every = Require.positive("the number of steps between messages", every);
  }

  @Override
  public void onStart(TrainingStart start) {
    last = start.step();
    steps = start.steps();
    String from = last == 0 ? "training begins" : "training goes on after step " + last;
    logger.info("{}: {} steps in all, {} numbers train", from, steps, start.parameters());
  }

  @Override
  public void onStep(StepReport step) {
    last = step.step();
    steps = step.steps();
    if (logger.isInfoEnabled() && (last % every == 0 || last == 1)) {
      logger.info("step {} of {}: {}", last, steps, StepText.numbers(step));
    }
  }

  @Override
  public void onEvaluation(EvaluationReport report) {
    logger.info("step {}: {}", report.step(), StepText.numbers(report));
  }

  @Override
  public void onCheckpoint(CheckpointReport report) {
    logger.info("step {}: checkpoint {}", report.step(), report.folder());
  }

  @Override
  public void onFault(Fault fault) {
    last = fault.step();
    logger.warn("{}", StepText.fault(fault));
  }

  @Override
  public void onTrouble(Trouble trouble) {
    logger.warn("{}", StepText.trouble(trouble));
  }

  @Override
  public void onEnd(TrainingReport report) {
    logger.info("{}", StepText.end(last, steps, report));
  }
}
