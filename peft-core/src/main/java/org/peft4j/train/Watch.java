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

  private final EvaluationPlan<B> plan;
  private final Trainer<B> trainer;
  private final Optional<Buffer> bestValues;
  private @Nullable EvaluationReport best;
  private double mark = Double.NEGATIVE_INFINITY;
  private int withoutImprovement;
  private int last = -1;

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

  boolean isOutOfPatience() {
    return plan.stopping().isPresent() && withoutImprovement >= plan.stopping().get().patience();
  }

  Optional<EvaluationReport> best() {
    return Optional.ofNullable(best);
  }

  /**
   * @param start when it was decided to look, in nanoseconds
   */
  EvaluationReport look(long start) {
    Evaluation found = trainer.evaluate(plan.held());
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
    bestValues.ifPresent(copy -> state.put("best", copy));
    return state;
  }

  /** What it remembers beside them. */
  Map<String, String> notes() {
    Map<String, String> notes = new LinkedHashMap<>();
    notes.put("mark", Double.toString(mark));
    notes.put("without_improvement", Integer.toString(withoutImprovement));
    notes.put("last", Integer.toString(last));
    notes.put("has_best_values", Boolean.toString(bestValues.isPresent()));
    if (best != null) {
      notes.put("best_step", Integer.toString(best.step()));
      notes.put("best_loss", Double.toString(best.evaluation().loss()));
      notes.put("best_weight", Double.toString(best.evaluation().weight()));
      best.evaluation()
          .measures()
          .forEach((name, value) -> notes.put("best." + name, Double.toString(value)));
    }
    return notes;
  }

  /** Remembers what {@link #notes} told. */
  void recall(Map<String, String> notes) {
    if (!notes.containsKey("mark")) {
      return;
    }
    mark = Double.parseDouble(notes.get("mark"));
    withoutImprovement = Integer.parseInt(notes.get("without_improvement"));
    last = Integer.parseInt(notes.get("last"));
    boolean usable = bestValues.isEmpty() || "true".equals(notes.get("has_best_values"));
    if (usable && notes.containsKey("best_step")) {
      Map<String, Double> measures = new LinkedHashMap<>();
      notes.forEach(
          (name, value) -> {
            if (name.startsWith("best.")) {
              measures.put(name.substring("best.".length()), Double.valueOf(value));
            }
          });
      Evaluation evaluation =
          new Evaluation(
              Double.parseDouble(notes.get("best_loss")),
              Double.parseDouble(notes.get("best_weight")),
              measures);
      best = new EvaluationReport(Integer.parseInt(notes.get("best_step")), evaluation, true, 0);
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
