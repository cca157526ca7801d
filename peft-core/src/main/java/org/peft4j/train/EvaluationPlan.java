package org.peft4j.train;

import java.util.Objects;
import java.util.Optional;
import org.peft4j.settings.Require;

/**
 * How to watch held-out data during training. There is an evaluation after the last step, too.
 *
 * @param held the data; gone through from the beginning each time
 * @param every steps between two evaluations; at least 1
 * @param measure what decides which evaluation is best, by its highest value, such as {@code
 *     accuracy}; where there is none, the lowest loss does
 * @param keepBest whether the parameters end as they were at the best evaluation, not as they were
 *     last; takes a copy of them
 * @param stopping when to end early, if at all
 * @param <B> a batch
 */
public record EvaluationPlan<B>(
    Iterable<? extends B> held,
    int every,
    Optional<String> measure,
    boolean keepBest,
    Optional<EarlyStopping> stopping) {

  public EvaluationPlan {
    Objects.requireNonNull(held, "held");
    Require.positive("the number of steps between evaluations", every);
  }

  /** By loss, without early stopping; the parameters end as they were last. */
  public EvaluationPlan(Iterable<? extends B> held, int every) {
    this(held, every, Optional.empty(), false, Optional.empty());
  }

  /** This plan where the highest value of {@code measure} is best. */
  public EvaluationPlan<B> by(String measure) {
    return new EvaluationPlan<>(held, every, Optional.of(measure), keepBest, stopping);
  }

  /** This plan with the parameters ending as they were at the best evaluation. */
  public EvaluationPlan<B> keepingBest() {
    return new EvaluationPlan<>(held, every, measure, true, stopping);
  }

  /** This plan, ending early. */
  public EvaluationPlan<B> stopping(EarlyStopping early) {
    return new EvaluationPlan<>(held, every, measure, keepBest, Optional.of(early));
  }

  /** A number that is the higher the better. */
  double score(Evaluation evaluation) {
    return measure.isPresent() ? evaluation.measure(measure.get()) : -evaluation.loss();
  }
}
