package org.peft4j.listeners;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.peft4j.train.Evaluation;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.StepReport;

/** The numbers of a step or of an evaluation, by the names they have in files, in order. */
final class MetricsRow {

  static final String STEP = "step";

  private MetricsRow() {}

  static Map<String, Number> of(StepReport step) {
    Map<String, Number> row = new LinkedHashMap<>();
    row.put(STEP, step.step());
    row.put("epoch", step.epoch());
    row.put("loss", step.loss());
    row.put("lr", step.learningRate());
    row.put("gradient_norm", step.gradientNorm());
    row.put("tokens", count(step.terms()));
    row.put("tokens_per_second", step.rate());
    row.put("seconds", step.seconds());
    new TreeMap<>(step.measures()).forEach(row::putIfAbsent);
    return row;
  }

  static Map<String, Number> of(EvaluationReport report) {
    Evaluation evaluation = report.evaluation();
    Map<String, Number> row = new LinkedHashMap<>();
    row.put(STEP, report.step());
    row.put("eval_loss", evaluation.loss());
    row.put("eval_perplexity", evaluation.perplexity());
    evaluation.measures().forEach((name, value) -> row.putIfAbsent("eval_" + name, value));
    return row;
  }

  /** Terms are whole unless an objective weighs them. */
  private static Number count(double terms) {
    if (terms == Math.rint(terms)) {
      return (long) terms;
    }
    return terms;
  }
}
