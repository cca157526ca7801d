package org.peft4j.train;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@link Trainer#fit}: the steps, and what a plan wants to happen around them.
 *
 * @param <B> a batch
 */
final class TrainingRun<B> {

  private final Trainer<B> trainer;
  private final TrainingPlan<B> plan;
  private final @Nullable Watch<B> watch;
  private final long begin = System.nanoTime();
  private final List<StepReport> steps = new ArrayList<>();
  private final List<EvaluationReport> evaluations = new ArrayList<>();
  private int faultsInARow;
  private int skipped;

  TrainingRun(Trainer<B> trainer, TrainingPlan<B> plan) {
    this.trainer = trainer;
    this.plan = plan;
    this.watch = plan.evaluation().map(wanted -> new Watch<>(wanted, trainer)).orElse(null);
  }

  TrainingReport over(StepBatches<B> batches) {
    trainer.begin();
    try {
      Optional<Checkpoints> checkpoints =
          plan.checkpoints().map(wanted -> new Checkpoints(wanted, trainer, batches, watch));
      checkpoints.ifPresent(Checkpoints::resume);
      tell(listener -> listener.onStart(start()));
      StopReason reason = loop(batches, checkpoints);
      TrainingReport report = end(reason, checkpoints);
      tell(listener -> listener.onEnd(report));
      return report;
    } finally {
      if (watch != null) {
        watch.close();
      }
    }
  }

  private TrainingStart start() {
    return new TrainingStart(
        trainer.step(), trainer.config().steps(), trainer.parameters().values().length());
  }

  private StopReason loop(StepBatches<B> batches, Optional<Checkpoints> checkpoints) {
    while (true) {
      Optional<StopReason> reason = reasonToStop();
      if (reason.isPresent()) {
        return reason.get();
      }
      List<B> next = batches.of(trainer.step());
      if (next.isEmpty()) {
        return StopReason.DATA;
      }
      step(next, batches, checkpoints);
      if (watch != null && watch.isDue()) {
        evaluate(watch);
      }
      if (checkpoints.isPresent() && checkpoints.get().isDue()) {
        save(checkpoints.get());
      }
    }
  }

  private Optional<StopReason> reasonToStop() {
    if (trainer.step() >= trainer.config().steps()) {
      return Optional.of(StopReason.STEPS);
    }
    if (watch != null && watch.isOutOfPatience()) {
      return Optional.of(StopReason.PATIENCE);
    }
    if (trainer.isStopping()) {
      return Optional.of(StopReason.INTERRUPTED);
    }
    Duration taken = Duration.ofNanos(System.nanoTime() - begin);
    boolean over = plan.limit().isPresent() && taken.compareTo(plan.limit().get()) >= 0;
    return over ? Optional.of(StopReason.TIME) : Optional.empty();
  }

  private void step(List<B> batches, StepBatches<B> source, Optional<Checkpoints> checkpoints) {
    long start = System.nanoTime();
    try {
      batches.forEach(trainer::computeGradients);
      StepReport report =
          trainer
              .applyGradients()
              .ended(source.epochsAfter(trainer.step()), seconds(System.nanoTime() - start));
      faultsInARow = 0;
      steps.add(report);
      tell(listener -> listener.onStep(report));
    } catch (NotFiniteException e) {
      leaveOut(e, checkpoints);
    }
  }

  private void leaveOut(NotFiniteException e, Optional<Checkpoints> checkpoints) {
    int allowed = trainer.config().faults().skips();
    if (++faultsInARow > allowed) {
      String many =
          allowed > 0 ? "; this is the %d. such step in a row".formatted(faultsInARow) : "";
      String saved =
          checkpoints
              .flatMap(Checkpoints::latest)
              .map(folder -> "; the last checkpoint is " + folder)
              .orElse("");
      throw new NotFiniteException(e.getMessage() + many + saved);
    }
    trainer.leaveOut();
    Fault fault = new Fault(trainer.step(), String.valueOf(e.getMessage()), ++skipped);
    tell(listener -> listener.onFault(fault));
  }

  private void evaluate(Watch<B> watch) {
    long start = System.nanoTime();
    EvaluationReport report = watch.look(start);
    evaluations.add(report);
    tell(listener -> listener.onEvaluation(report));
  }

  private void save(Checkpoints checkpoints) {
    CheckpointReport report = checkpoints.save();
    tell(listener -> listener.onCheckpoint(report));
  }

  /** The last checkpoint has the parameters as they were last, so that training can go on. */
  private TrainingReport end(StopReason reason, Optional<Checkpoints> checkpoints) {
    boolean over = reason != StopReason.INTERRUPTED;
    if (watch != null && over && watch.isBehind()) {
      evaluate(watch);
    }
    if (checkpoints.isPresent() && checkpoints.get().isBehind()) {
      save(checkpoints.get());
    }
    if (watch != null && over) {
      watch.restoreBest();
    }
    Optional<EvaluationReport> best = Optional.ofNullable(watch).flatMap(Watch::best);
    return new TrainingReport(steps, evaluations, best, skipped, reason);
  }

  private void tell(Consumer<TrainingListener> event) {
    plan.listeners().forEach(event);
  }

  static double seconds(long nanos) {
    return nanos / 1e9;
  }
}
