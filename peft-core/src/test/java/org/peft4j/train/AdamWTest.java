package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.tensor.Tensor;

class AdamWTest {

  private static final Kernels KERNELS = new PlainKernels();
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

  /** Shares this small are no multiples of what float32 can tell from one. */
  @ParameterizedTest
  @MethodSource("sets")
  void whatIsAtTheStartKeepsEveryBit(Kernels kernels, DataType type) {
    FlatParameters flat = new FlatParameters(randomTensors(type), kernels);
    double[] start = flat.values().toDoubles();
    AdamWSettings settings = toStart(0.01);
    try (AdamW adamW = new AdamW(flat, kernels, settings, RateFactors.loraPlus(16))) {
      flat.completeGradients();
      for (int step = 1; step <= 50; step++) {
        adamW.update(2e-4, step);
      }
    }

    assertThat(flat.values().toDoubles()).containsExactly(start);
  }

  /** PyTorch's formula in doubles, with gradients that change from step to step. */
  @Test
  void decayGoesWithEachTensorsOwnRate() {
    double[] factors = {1, 1, 16, 16, 1, 16, 16, 16};
    FlatParameters flat = new FlatParameters(tensors, KERNELS);
    double[] start = flat.values().toDoubles();
    double[] w = start.clone();
    double[] m = new double[8];
    double[] v = new double[8];
    try (AdamW adamW = new AdamW(flat, KERNELS, toStart(DECAY), RateFactors.loraPlus(16))) {
      for (int step = 1; step <= 5; step++) {
        double[] g = new Random(step).doubles(8, -1, 1).toArray();
        flat.gradients().put(g);
        adamW.update(RATE, step);
        for (int i = 0; i < 8; i++) {
          double rate = factors[i] * RATE;
          w[i] -= rate * DECAY * (w[i] - start[i]);
          m[i] = 0.9 * m[i] + 0.1 * g[i];
          v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
          double mean = m[i] / (1 - Math.pow(0.9, step));
          double square = v[i] / (1 - Math.pow(0.999, step));
          w[i] -= rate * mean / (Math.sqrt(square) + 1e-8);
        }
        assertThat(flat.values().toDoubles()).containsExactly(w, within(1e-13));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void decayToZeroAtOneRateIsOneCallOfTheKernel(Kernels kernels, DataType type) {
    FlatParameters once = new FlatParameters(randomTensors(type), kernels);
    Buffer m = once.zeros();
    Buffer v = once.zeros();
    for (int step = 1; step <= 3; step++) {
      once.gradients().put(gradients(once, step));
      AdamWStep numbers = new AdamWStep(2 * RATE, 0.9, 0.999, 1e-8, DECAY, step);
      kernels.adamW(once.values(), once.gradients(), m, v, numbers);
    }
    double[] expected = once.values().toDoubles();

    assertThat(randomAfter(kernels, type, 2 * RATE, RateFactors.NONE)).containsExactly(expected);
    assertThat(randomAfter(kernels, type, RATE, new RateFactors(Map.of("lora", 2.0))))
        .containsExactly(expected);
  }

  private static double[] randomAfter(
      Kernels kernels, DataType type, double rate, RateFactors rates) {
    FlatParameters flat = new FlatParameters(randomTensors(type), kernels);
    try (AdamW adamW = new AdamW(flat, kernels, new AdamWSettings(DECAY), rates)) {
      for (int step = 1; step <= 3; step++) {
        flat.gradients().put(gradients(flat, step));
        adamW.update(rate, step);
      }
    }
    return flat.values().toDoubles();
  }

  static Stream<Arguments> sets() {
    return Stream.of(
        Arguments.of(new PlainKernels(), DataType.FLOAT64),
        Arguments.of(new PlainKernels(), DataType.FLOAT32));
  }

  /** Two pairs of factors, longer than the blocks that kernels work in. */
  private static Map<String, Tensor> randomTensors(DataType type) {
    Random random = new Random(1);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : List.of("lin0.lora_A", "lin0.lora_B", "lin1.lora_A", "lin1.lora_B")) {
      Buffer value = Buffer.allocate(type, Shape.of(13, 331));
      value.put(random.doubles(13 * 331, -1, 1).toArray());
      tensors.put(name + ".weight", Tensor.parameter(value));
    }
    return tensors;
  }

  private static double[] gradients(FlatParameters flat, int step) {
    return new Random(step).doubles(flat.values().length(), -1, 1).toArray();
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
  void aTrainerRefusesARateForWhatDoesNotTrain() {
    TrainingConfig config = new TrainingConfig(1, RATE).with(RateFactors.loraPlus(16));
    Tensor bias = parameter(1);
    Map<String, Tensor> trainable = Map.of("bias", bias);

    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Trainer<Integer>(
                    Trainee.of(trainable, KERNELS), (t, any) -> new Loss(bias, 1), config))
        .withMessageContaining("what trains is called [bias]");
  }

  @Test
  void reportsTheRateWithoutFactors() {
    TrainingConfig config = new TrainingConfig(1, RATE).with(RateFactors.loraPlus(16));
    Tensor b = parameter(1);
    try (Trainer<Integer> trainer =
        new Trainer<>(
            Trainee.of(Map.of("lora_B", b), KERNELS),
            (t, any) -> new Loss(t.scale(b, 1), 1),
            config)) {
      trainer.computeGradients(0);

      assertThat(trainer.applyGradients().learningRate()).isEqualTo(RATE);
      assertThat(b.item()).isCloseTo(1 - 16 * RATE, within(1e-8));
    }
  }

  @Test
  void aPatternIsARegularExpression() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RateFactors(Map.of("lora_(B", 2.0)))
        .withMessageStartingWith("the pattern of a rate factor is not a regular expression: ");
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
