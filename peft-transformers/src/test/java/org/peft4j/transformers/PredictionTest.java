package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.peft4j.transformers.model.Labels;

class PredictionTest {

  private static final Labels LABELS = Labels.of("a", "b", "c");

  @Test
  void theProbabilitiesAreTheSoftmaxOfTheScores() {
    Prediction prediction = new Prediction(LABELS, new double[] {0, Math.log(3), Math.log(4)});

    assertThat(prediction.label()).isEqualTo("c");
    assertThat(prediction.number()).isEqualTo(2);
    assertThat(prediction.probability()).isCloseTo(0.5, within(1e-15));
    assertThat(prediction.probabilities().keySet()).containsExactly("a", "b", "c");
    assertThat(prediction.probabilities().get("a")).isCloseTo(1.0 / 8, within(1e-15));
    assertThat(prediction.logProbability(1)).isCloseTo(Math.log(3.0 / 8), within(1e-15));
  }

  @Test
  void largeScoresAreNoTrouble() {
    Prediction prediction = new Prediction(LABELS, new double[] {1000, 999, -1000});

    assertThat(prediction.probability()).isCloseTo(1 / (1 + Math.exp(-1)), within(1e-12));
    assertThat(prediction.probabilities().get("c")).isZero();
    assertThat(prediction.logProbability(2))
        .isCloseTo(-2000 - Math.log1p(Math.exp(-1)), within(1e-9));
  }

  @Test
  void theFirstOfEquallyLikelyLabelsIsTaken() {
    assertThat(new Prediction(LABELS, new double[] {0, 1, 1}).label()).isEqualTo("b");
  }

  @Test
  void everyLabelHasAScore() {
    assertThatThrownBy(() -> new Prediction(LABELS, new double[2]))
        .hasMessage("3 labels but scores for 2");
  }
}
