package org.peft4j.train;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What happens around the steps of a training run.
 *
 * @param evaluation how to watch held-out data, if at all
 * @param checkpoints where to save the state, if anywhere
 * @param limit the longest that this run may take, if there is a limit; a step that has begun is
 *     finished
 * @param listeners are told how it goes
 * @param <B> a batch
 */
public record TrainingPlan<B>(
    Optional<EvaluationPlan<B>> evaluation,
    Optional<CheckpointPlan> checkpoints,
    Optional<Duration> limit,
    List<TrainingListener> listeners) {

  public TrainingPlan {
    listeners = List.copyOf(listeners);
    limit.ifPresent(TrainingPlan::requirePositive);
  }

  /** Nothing but steps. */
  public TrainingPlan(TrainingListener... listeners) {
    this(Optional.empty(), Optional.empty(), Optional.empty(), List.of(listeners));
  }

  /** This plan with these evaluations. */
  public TrainingPlan<B> evaluating(EvaluationPlan<B> plan) {
    return new TrainingPlan<>(Optional.of(plan), checkpoints, limit, listeners);
  }

  /** This plan with these checkpoints. */
  public TrainingPlan<B> saving(CheckpointPlan plan) {
    return new TrainingPlan<>(evaluation, Optional.of(plan), limit, listeners);
  }

  /** This plan, taking no longer than that. */
  public TrainingPlan<B> within(Duration longest) {
    return new TrainingPlan<>(evaluation, checkpoints, Optional.of(longest), listeners);
  }

  private static void requirePositive(Duration limit) {
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException("the time limit must be above 0 but was " + limit);
    }
  }
}
