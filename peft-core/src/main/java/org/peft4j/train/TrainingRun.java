package org.peft4j.train;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@link Trainer#fit}: the steps, and what a plan wants to happen around them.
 *
 * @param <B> a batch
 */
final class TrainingRun<B> {

  private final TrainingStep<B> training;
  private final TrainingPlan<B> plan;
  private final BooleanSupplier stopping;
  private final @Nullable Watch<B> watch;
  private final Stopwatch sinceBegin = Stopwatch.started();
  private final List<StepReport> steps = new ArrayList<>();
  private final Audience audience;
  private final List<EvaluationReport> evaluations = new ArrayList<>();
  private int faultsInARow;
  private int skipped;
  private boolean failing;

  /**
   * @param stopping whether somebody wants it to end after the current step
   */
  TrainingRun(TrainingStep<B> training, TrainingPlan<B> plan, BooleanSupplier stopping) {
    this.training = training;
    this.plan = plan;
    this.stopping = stopping;
    this.audience = new Audience(plan.listeners());
    this.watch = plan.evaluation().map(wanted -> new Watch<>(wanted, training)).orElse(null);
  }

  TrainingReport over(StepBatches<B> batches) {
    try {
      Optional<Checkpoints> checkpoints =
          plan.checkpoints().map(wanted -> new Checkpoints(wanted, training, batches, watch));
      List<Trouble> passedOver = checkpoints.map(Checkpoints::resume).orElse(List.of());
      tell(listener -> listener.onStart(start()));
      passedOver.forEach(audience::report);
      TrainingReport report = run(batches, checkpoints);
      tell(listener -> listener.onEnd(report));
      return report.with(audience.troubles());
    } finally {
      if (watch != null) {
        watch.close();
      }
    }
  }

  private TrainingReport run(StepBatches<B> batches, Optional<Checkpoints> checkpoints) {
    try {
      if (watch != null && watch.isOwed()) {
        evaluate(watch);
      }
      StopReason reason = loop(batches, checkpoints);
      return end(reason, checkpoints);
    } catch (AssertionError e) {
      // Whoever found out that something cannot be does not want it saved.
      throw e;
    } catch (RuntimeException | Error e) {
      keep(checkpoints);
      throw e;
    }
  }

  private TrainingStart start() {
    return new TrainingStart(
        training.number(), training.config().steps(), training.parameters().values().length());
  }

  private StopReason loop(StepBatches<B> batches, Optional<Checkpoints> checkpoints) {
    while (true) {
      Optional<StopReason> reason = reasonToStop();
      if (reason.isPresent()) {
        return reason.get();
      }
      List<B> next = batches.of(training.number());
      if (next.isEmpty()) {
        return StopReason.DATA;
      }
      take(next, batches, checkpoints);
      if (watch != null && watch.isDue()) {
        evaluate(watch);
      }
      if (checkpoints.isPresent() && checkpoints.get().isDue()) {
        trimmed(checkpoints.get());
      }
    }
  }

  private Optional<StopReason> reasonToStop() {
    if (training.number() >= training.config().steps()) {
      return Optional.of(StopReason.STEPS);
    }
    if (watch != null && watch.isOutOfPatience()) {
      return Optional.of(StopReason.PATIENCE);
    }
    if (stopping.getAsBoolean()) {
      return Optional.of(StopReason.INTERRUPTED);
    }
    Duration taken = Duration.ofNanos(sinceBegin.nanos());
    boolean over = plan.limit().isPresent() && taken.compareTo(plan.limit().get()) >= 0;
    return over ? Optional.of(StopReason.TIME) : Optional.empty();
  }

  private void take(List<B> batches, StepBatches<B> source, Optional<Checkpoints> checkpoints) {
    Position before = training.position();
    try {
      StepReport report = taken(batches, source);
      faultsInARow = 0;
      steps.add(report);
      tell(listener -> listener.onStep(report));
    } catch (NotFiniteException e) {
      leaveOut(e, before, checkpoints);
    }
  }

  private StepReport taken(List<B> batches, StepBatches<B> source) {
    Position before = training.position();
    Stopwatch time = Stopwatch.started();
    try {
      batches.forEach(training::computeGradients);
      return training.applyGradients().ended(source.epochsAfter(training.number()), time.seconds());
    } catch (NotFiniteException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      training.abandon(before);
      throw e;
    }
  }

  private void leaveOut(NotFiniteException e, Position before, Optional<Checkpoints> checkpoints) {
    int allowed = training.config().gradients().faults().skips();
    if (++faultsInARow > allowed) {
      training.abandon(before);
      keep(checkpoints);
      String many =
          allowed > 0
              ? "; %d such steps in a row, of which the fault policy leaves out %d"
                  .formatted(faultsInARow, allowed)
              : "";
      String saved =
          checkpoints
              .flatMap(Checkpoints::latest)
              .map(folder -> "; the last checkpoint is " + folder)
              .orElse("");
      throw new NotFiniteException(e.getMessage() + many + saved);
    }
    training.leaveOut();
    Fault fault = new Fault(training.number(), String.valueOf(e.getMessage()), ++skipped);
    tell(listener -> listener.onFault(fault));
  }

  /** Whether it was not asked to stop meanwhile. */
  private boolean evaluate(Watch<B> watch) {
    Optional<EvaluationReport> report = watch.look(stopping);
    report.ifPresent(
        found -> {
          evaluations.add(found);
          tell(listener -> listener.onEvaluation(found));
        });
    return report.isPresent();
  }

  /** Training has failed: what was learned by then is worth a checkpoint. */
  private void keep(Optional<Checkpoints> checkpoints) {
    if (checkpoints.isPresent() && checkpoints.get().isBehind() && training.isWorthKeeping()) {
      save(checkpoints.get());
    }
  }

  private void trimmed(Checkpoints checkpoints) {
    if (save(checkpoints)) {
      attempt(checkpoints::trim);
    }
  }

  private boolean save(Checkpoints checkpoints) {
    return attempt(
        () -> {
          CheckpointReport report = checkpoints.save();
          tell(listener -> listener.onCheckpoint(report));
        });
  }

  /**
   * Runs {@code saving}; a failure ends nothing and is reported, unless the last one failed too.
   */
  private boolean attempt(Runnable saving) {
    try {
      saving.run();
      failing = false;
      return true;
    } catch (AssertionError e) {
      throw e;
    } catch (RuntimeException | Error e) {
      if (!failing) {
        audience.report(new Trouble(training.number(), Audience.reason(e), e));
      }
      failing = true;
      return false;
    }
  }

  /** The last checkpoint has the parameters as they were last, so that training can go on. */
  private TrainingReport end(StopReason ending, Optional<Checkpoints> checkpoints) {
    boolean stops =
        watch != null && ending != StopReason.INTERRUPTED && watch.isBehind() && !evaluate(watch);
    StopReason reason = stops ? StopReason.INTERRUPTED : ending;
    boolean over = reason != StopReason.INTERRUPTED;
    if (checkpoints.isPresent()
        && checkpoints.get().isBehind()
        && (checkpoints.get().wantsLast() || !over)) {
      trimmed(checkpoints.get());
    }
    if (watch != null && over) {
      watch.restoreBest();
    }
    Optional<EvaluationReport> best = Optional.ofNullable(watch).flatMap(Watch::best);
    return new TrainingReport(steps, evaluations, best, skipped, reason, audience.troubles());
  }

  private void tell(Consumer<TrainingListener> event) {
    audience.tell(training.number(), event);
  }
}
