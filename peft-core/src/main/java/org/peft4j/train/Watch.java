package org.peft4j.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Write;

/**
 * Looks at held-out data, remembers the best parameters and loses patience.
 *
 * @param <B> a batch
 */
final class Watch<B> implements AutoCloseable {

  /** What the vector of the best parameters is called. */
  static final String BEST = "best";

  private final EvaluationPlan<B> plan;
  private final TrainingStep<B> training;
  private final Optional<Buffer> bestValues;
  private @Nullable EvaluationReport best;
  private double mark = Double.NEGATIVE_INFINITY;
  private int withoutImprovement;
  private int last = -1;
  private boolean recalled;

  Watch(EvaluationPlan<B> plan, TrainingStep<B> training) {
    this.plan = plan;
    this.training = training;
    this.bestValues =
        plan.keepBest() ? Optional.of(training.parameters().zeros()) : Optional.empty();
  }

  boolean isDue() {
    return training.number() % plan.every() == 0;
  }

  /** Whether steps have been taken since it last looked. */
  boolean isBehind() {
    return last != training.number();
  }

  /** Whether the training that it goes on from failed where it was about to look. */
  boolean isOwed() {
    return recalled && isDue() && isBehind();
  }

  boolean isOutOfPatience() {
    return plan.stopping().isPresent() && withoutImprovement >= plan.stopping().get().patience();
  }

  Optional<EvaluationReport> best() {
    return Optional.ofNullable(best);
  }

  /**
   * @param stopping whether training is to end
   * @return nothing where training is to end meanwhile
   */
  Optional<EvaluationReport> look(BooleanSupplier stopping) {
    Stopwatch time = Stopwatch.started();
    return training.evaluate(plan.held(), stopping).map(found -> seen(found, time));
  }

  private EvaluationReport seen(Evaluation found, Stopwatch time) {
    double score = plan.score(found);
    boolean isBest = best == null || score > plan.score(best.evaluation());
    EvaluationReport report =
        new EvaluationReport(training.number(), found, isBest, time.seconds());
    if (isBest) {
      best = report;
      bestValues.ifPresent(copy -> put(training.parameters().values(), copy));
    }
    double least = plan.stopping().map(EarlyStopping::minimumChange).orElse(0.0);
    if (score - mark > least) {
      mark = score;
      withoutImprovement = 0;
    } else {
      withoutImprovement++;
    }
    last = training.number();
    return report;
  }

  /** Puts the parameters back to where they were best. */
  void restoreBest() {
    if (best != null) {
      bestValues.ifPresent(copy -> put(copy, training.parameters().values()));
    }
  }

  /** What it remembers in vectors, by name. */
  Map<String, Buffer> state() {
    Map<String, Buffer> state = new LinkedHashMap<>();
    bestValues.ifPresent(copy -> state.put(BEST, copy));
    return state;
  }

  /** What it remembers beside them. */
  WatchNotes notes() {
    return new WatchNotes(mark, withoutImprovement, last, bestValues.isPresent(), best());
  }

  /** Remembers what {@link #notes} told. */
  void recall(WatchNotes notes) {
    mark = notes.mark();
    withoutImprovement = notes.withoutImprovement();
    last = notes.last();
    recalled = true;
    if (bestValues.isEmpty() || notes.hasBestValues()) {
      best = notes.best().orElse(null);
    }
  }

  private void put(Buffer from, Buffer to) {
    training.trainee().kernels().put(from, Write.SET, to);
  }

  @Override
  public void close() {
    bestValues.ifPresent(copy -> copy.memory().close());
  }
}
