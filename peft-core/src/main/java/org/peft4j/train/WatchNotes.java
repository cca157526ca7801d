package org.peft4j.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.peft4j.io.AdapterFormatException;

/**
 * What a {@link Watch} remembers beside vectors.
 *
 * @param mark the score that counts as an improvement when it is passed
 * @param withoutImprovement evaluations in a row that brought none
 * @param last the step it last looked after
 * @param hasBestValues whether it keeps the best parameters
 * @param best the best evaluation so far, if there was any
 */
record WatchNotes(
    double mark,
    int withoutImprovement,
    int last,
    boolean hasBestValues,
    Optional<EvaluationReport> best) {

  private static final String MARK = "mark";
  private static final String WITHOUT_IMPROVEMENT = "without_improvement";
  private static final String LAST = "last";
  private static final String HAS_BEST_VALUES = "has_best_values";
  private static final String BEST_STEP = "best_step";
  private static final String BEST_LOSS = "best_loss";
  private static final String BEST_WEIGHT = "best_weight";
  private static final String MEASURE = "best.";

  /** As texts by name. */
  Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(MARK, Double.toString(mark));
    texts.put(WITHOUT_IMPROVEMENT, Integer.toString(withoutImprovement));
    texts.put(LAST, Integer.toString(last));
    texts.put(HAS_BEST_VALUES, Boolean.toString(hasBestValues));
    best.ifPresent(
        report -> {
          Evaluation evaluation = report.evaluation();
          texts.put(BEST_STEP, Integer.toString(report.step()));
          texts.put(BEST_LOSS, Double.toString(evaluation.loss()));
          texts.put(BEST_WEIGHT, Double.toString(evaluation.terms()));
          evaluation
              .measures()
              .forEach((name, value) -> texts.put(MEASURE + name, Double.toString(value)));
        });
    return texts;
  }

  /**
   * What {@link #texts} told; nothing where nobody watched.
   *
   * @throws AdapterFormatException if some of it is missing or cannot be
   */
  static Optional<WatchNotes> of(Path checkpoint, Map<String, String> texts) throws IOException {
    if (texts.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(parsed(texts));
    } catch (IllegalArgumentException e) {
      throw new AdapterFormatException(
          checkpoint.resolve(SavedState.FILE_NAME),
          "what it tells of evaluations cannot be: " + e.getMessage());
    }
  }

  private static WatchNotes parsed(Map<String, String> texts) {
    return new WatchNotes(
        Double.parseDouble(required(texts, MARK)),
        Integer.parseInt(required(texts, WITHOUT_IMPROVEMENT)),
        Integer.parseInt(required(texts, LAST)),
        Boolean.parseBoolean(required(texts, HAS_BEST_VALUES)),
        texts.containsKey(BEST_STEP) ? Optional.of(best(texts)) : Optional.empty());
  }

  private static EvaluationReport best(Map<String, String> texts) {
    Map<String, Double> measures = new LinkedHashMap<>();
    texts.forEach(
        (name, value) -> {
          if (name.startsWith(MEASURE)) {
            measures.put(name.substring(MEASURE.length()), Double.valueOf(value));
          }
        });
    Evaluation evaluation =
        new Evaluation(
            Double.parseDouble(required(texts, BEST_LOSS)),
            Double.parseDouble(required(texts, BEST_WEIGHT)),
            measures);
    return new EvaluationReport(Integer.parseInt(required(texts, BEST_STEP)), evaluation, true, 0);
  }

  private static String required(Map<String, String> texts, String name) {
    String text = texts.get(name);
    if (text == null) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return text;
  }
}
