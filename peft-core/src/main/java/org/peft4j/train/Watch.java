package org.peft4j.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
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
  private final Trainer<B> trainer;
  private final Optional<Buffer> bestValues;
  private @Nullable EvaluationReport best;
  private double mark = Double.NEGATIVE_INFINITY;
  private int withoutImprovement;
  private int last = -1;
  private boolean recalled;

  Watch(EvaluationPlan<B> plan, Trainer<B> trainer) {
    this.plan = plan;
    this.trainer = trainer;
    this.bestValues =
        plan.keepBest() ? Optional.of(trainer.parameters().zeros()) : Optional.empty();
  }

  boolean isDue() {
    return trainer.step() % plan.every() == 0;
  }

  /** Whether steps have been taken since it last looked. */
  boolean isBehind() {
    return last != trainer.step();
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
   * @param start when it was decided to look, in nanoseconds
   * @return nothing where training is to end meanwhile
   */
  Optional<EvaluationReport> look(long start) {
    return trainer.evaluateUnlessStopping(plan.held()).map(found -> seen(found, start));
  }

  private EvaluationReport seen(Evaluation found, long start) {
    double score = plan.score(found);
    boolean isBest = best == null || score > plan.score(best.evaluation());
    double seconds = TrainingRun.seconds(System.nanoTime() - start);
    EvaluationReport report = new EvaluationReport(trainer.step(), found, isBest, seconds);
    if (isBest) {
      best = report;
      bestValues.ifPresent(copy -> put(trainer.parameters().values(), copy));
    }
    double least = plan.stopping().map(EarlyStopping::minimumChange).orElse(0.0);
    if (score - mark > least) {
      mark = score;
      withoutImprovement = 0;
    } else {
      withoutImprovement++;
    }
    last = trainer.step();
    return report;
  }

  /** Puts the parameters back to where they were best. */
  void restoreBest() {
    if (best != null) {
      bestValues.ifPresent(copy -> put(copy, trainer.parameters().values()));
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
    trainer.trainee().kernels().put(from, Write.SET, to);
  }

  @Override
  public void close() {
    bestValues.ifPresent(copy -> copy.memory().close());
  }
}
