package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.tensor.Tensor;

class AdamWTest {

  private static final Kernels KERNELS = KernelSets.forType(DataType.FLOAT64);
  private static final double RATE = 0.01;
  private static final double DECAY = 0.1;

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  AdamWTest() {
    tensors.put("lin0.lora_A.weight", parameter(1, 2));
    tensors.put("lin0.lora_B.weight", parameter(3, -4));
    tensors.put("lin1.lora_A.weight", parameter(0.5));
    tensors.put("lin1.lora_B.weight", parameter(-0.5, 0.25, 7));
  }

  @Test
  void matchingParametersTrainFaster() {
    double[] expected = byHand(new double[] {1, 1, 16, 16, 1, 16, 16, 16}, new double[8]);

    assertThat(after(3, new AdamWSettings(DECAY), RateFactors.loraPlus(16)))
        .containsExactly(expected, within(1e-14));
  }

  @Test
  void theFirstPatternThatMatchesDecides() {
    Map<String, Double> factors = new LinkedHashMap<>();
    factors.put("lin1\\.lora_B", 2.0);
    factors.put("lora_B", 4.0);

    double[] expected = byHand(new double[] {1, 1, 4, 4, 1, 2, 2, 2}, new double[8]);
    assertThat(after(3, new AdamWSettings(DECAY), new RateFactors(factors)))
        .containsExactly(expected, within(1e-14));
  }

  @Test
  void decayPullsToTheStart() {
    double[] expected =
        byHand(new double[] {1, 1, 1, 1, 1, 1, 1, 1}, new double[] {1, 2, 3, -4, .5, -.5, .25, 7});

    assertThat(after(3, toStart(DECAY), RateFactors.NONE)).containsExactly(expected, within(1e-14));
  }

  @Test
  void whatHasMovedComesBackToTheStartAndStaysThere() {
    FlatParameters flat = new FlatParameters(tensors, KERNELS);
    double[] start = flat.values().toDoubles();
    try (AdamW adamW = new AdamW(flat, KERNELS, toStart(1), RateFactors.NONE)) {
      flat.values().put(new double[8]);
      flat.completeGradients();
      for (int step = 1; step <= 400; step++) {
        adamW.update(0.1, step);
      }
    }

    assertThat(flat.values().toDoubles()).containsExactly(start, within(1e-13));
  }

  @Test
  void aRateForWhatDoesNotTrainIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> after(1, new AdamWSettings(), new RateFactors(Map.of("miss_block", 16.0))))
        .withMessage(
            "nothing called miss_block trains, so it cannot train 16.0 times as fast; what trains is"
                + " called [lora_A.weight, lora_B.weight]");
  }

  @Test
  void aFactorIsAboveZero() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RateFactors.loraPlus(0))
        .withMessage("the factor of lora_B must be above 0 but was 0.0");
  }

  private static AdamWSettings toStart(double decay) {
    return new AdamWSettings(decay).decaying(DecayToward.START);
  }

  /** Steps with the gradient 1, 2, 3 ... of the parameters in their order. */
  private double[] after(int steps, AdamWSettings settings, RateFactors rates) {
    FlatParameters flat = new FlatParameters(tensors, KERNELS);
    try (AdamW adamW = new AdamW(flat, KERNELS, settings, rates)) {
      flat.gradients().put(new double[] {1, 2, 3, 4, 5, 6, 7, 8});
      for (int step = 1; step <= steps; step++) {
        adamW.update(RATE, step);
      }
    }
    return flat.values().toDoubles();
  }

  /** Three steps of constant gradient, in which Adam's quotient is the gradient's sign. */
  private static double[] byHand(double[] factors, double[] to) {
    double[] values = {1, 2, 3, -4, 0.5, -0.5, 0.25, 7};
    for (int step = 0; step < 3; step++) {
      for (int i = 0; i < values.length; i++) {
        double rate = factors[i] * RATE;
        double gradient = i + 1;
        values[i] -= rate * DECAY * (values[i] - to[i]);
        values[i] -= rate * gradient / (gradient + 1e-8);
      }
    }
    return values;
  }

  private static Tensor parameter(double... values) {
    return Tensor.parameter(Tensor.of(values, values.length).value());
  }
}
