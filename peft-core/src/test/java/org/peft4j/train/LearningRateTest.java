package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** The schedules of Hugging Face's transformers, step by step. */
class LearningRateTest {

  @Test
  void constantStaysWhereItIs() {
    assertRates(LearningRate.constant(2), 3, 2, 2, 2);
  }

  @Test
  void constantRisesFirst() {
    assertRates(new LearningRate(2, Schedule.CONSTANT, 2), 4, 0, 1, 2, 2);
  }

  /** {@code get_linear_schedule_with_warmup(2, 6)}. */
  @Test
  void linearRisesAndFallsInStraightLines() {
    assertRates(new LearningRate(2, Schedule.LINEAR, 2), 6, 0, 1, 2, 1.5, 1, 0.5);
  }

  /** {@code get_cosine_schedule_with_warmup(2, 6)}: half a wave over four steps. */
  @Test
  void cosineFallsAlongHalfAWave() {
    double half = Math.sqrt(0.5);

    assertRates(new LearningRate(2, Schedule.COSINE, 2), 6, 0, 1, 2, 1 + half, 1, 1 - half);
  }

  /** {@code get_cosine_with_hard_restarts_schedule_with_warmup(2, 6, num_cycles=2)}. */
  @Test
  void cosineWithRestartsFallsSeveralTimes() {
    assertRates(new LearningRate(2, Schedule.cosineWithRestarts(2), 2), 6, 0, 1, 2, 1, 2, 1);
  }

  /** {@code get_polynomial_decay_schedule_with_warmup(2, 6, lr_end=0.2, power=2)}. */
  @Test
  void polynomialFallsToItsFloor() {
    LearningRate rate = new LearningRate(2, Schedule.polynomial(2, 0.1), 2);

    assertRates(rate, 6, 0, 1, 2, 1.2125, 0.65, 0.3125);
    assertThat(rate.at(6, 6)).isCloseTo(0.2, Offset.offset(1e-12));
  }

  /** Transformers takes {@code ceil(num_training_steps * warmup_ratio)} steps. */
  @Test
  void aShareOfTheStepsIsRoundedUp() {
    assertRates(new LearningRate(2, Schedule.CONSTANT, Warmup.share(0.3)), 5, 0, 1, 2, 2, 2);
  }

  @Test
  void staysAtZeroAfterTheLastStep() {
    assertThat(new LearningRate(2, Schedule.LINEAR, 0).at(9, 6)).isZero();
    assertThat(new LearningRate(2, Schedule.COSINE, 0).at(9, 6)).isCloseTo(0, Offset.offset(1e-15));
  }

  @Test
  void mayRiseAllTheTime() {
    assertRates(new LearningRate(2, Schedule.LINEAR, 4), 4, 0, 0.5, 1, 1.5);
  }

  @Test
  void rejectsWhatIsNoRate() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LearningRate.constant(0))
        .withMessage("learning rate must be above 0 but was 0.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LearningRate(1, Schedule.LINEAR, -1))
        .withMessageStartingWith("warmup must be at least 0 but was -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Warmup(3, 0.1))
        .withMessage("a warm-up of 3 steps cannot be a share of 0.1 too; leave one out");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Schedule.cosineWithRestarts(0))
        .withMessage("cycles must be at least 1 but was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Schedule.polynomial(0, 0))
        .withMessage("power must be above 0 but was 0.0");
  }

  private static void assertRates(LearningRate rate, int steps, double... expected) {
    assertThat(IntStream.range(0, steps).mapToDouble(step -> rate.at(step, steps)).toArray())
        .containsExactly(expected, Offset.offset(1e-12));
  }
}
