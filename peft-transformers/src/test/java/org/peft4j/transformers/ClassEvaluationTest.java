package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.peft4j.transformers.ClassEvaluation.ByLabel;
import org.peft4j.transformers.model.Labels;

/** The numbers are those of scikit-learn 1.9, with {@code zero_division=0}. */
class ClassEvaluationTest {

  @Test
  void countsWhatScikitLearnCounts() {
    ClassEvaluation evaluation =
        new ClassEvaluation(
            Labels.of("a", "b", "c"), 0.5, new int[][] {{3, 1, 0}, {0, 2, 2}, {1, 0, 4}});

    assertThat(evaluation.texts()).isEqualTo(13);
    assertThat(evaluation.accuracy()).isCloseTo(0.6923076923076923, within(1e-15));
    assertThat(evaluation.macroF1()).isCloseTo(0.6829004329004329, within(1e-15));
    assertThat(evaluation.absent()).isEmpty();
    assertThat(evaluation.byLabel())
        .containsExactly(
            new ByLabel("a", 3.0 / 4, 3.0 / 4, 6.0 / 8, 4),
            new ByLabel("b", 2.0 / 3, 2.0 / 4, 4.0 / 7, 4),
            new ByLabel("c", 4.0 / 6, 4.0 / 5, 8.0 / 11, 5));
  }

  /** Of b none is found, of c there is none but one text is taken for it, of d there is nothing. */
  @Test
  void labelsWithoutTextsCountOnlyWherePredicted() {
    ClassEvaluation evaluation =
        new ClassEvaluation(
            Labels.of("a", "b", "c", "d"),
            0.5,
            new int[][] {{5, 0, 1, 0}, {2, 0, 1, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}});

    assertThat(evaluation.accuracy()).isCloseTo(0.5555555555555556, within(1e-15));
    assertThat(evaluation.macroF1()).isCloseTo(0.25641025641025644, within(1e-15));
    assertThat(evaluation.byLabel())
        .containsExactly(
            new ByLabel("a", 5.0 / 7, 5.0 / 6, 10.0 / 13, 6),
            new ByLabel("b", 0, 0, 0, 3),
            new ByLabel("c", 0, 0, 0, 0));
    assertThat(evaluation.absent()).containsExactly("d");
  }
}
