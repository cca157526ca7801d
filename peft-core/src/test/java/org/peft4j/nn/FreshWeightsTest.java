package org.peft4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

class FreshWeightsTest {

  private static final Shape WIDE = Shape.of(100, 400);

  @Test
  void linearLayersBeginAsPyTorchsDo() {
    FreshWeights weights = FreshWeights.kaiming(1);

    double[] weight = values(weights, "lin.weight", WIDE);
    double[] bias = values(weights, "lin.bias", Shape.of(100));

    assertThat(largest(weight)).isBetween(0.0499, 0.05);
    assertThat(deviation(weight)).isCloseTo(0.05 / Math.sqrt(3), within(2e-4));
    assertThat(largest(bias)).isBetween(0.045, 0.05);
    assertThat(deviation(bias)).isCloseTo(0.05 / Math.sqrt(3), within(4e-3));
  }

  @Test
  void theFanOfAConvolutionCountsItsKernel() {
    FreshWeights weights = FreshWeights.kaiming(1);

    double[] kernel = values(weights, "conv.weight", Shape.of(32, 16, 5, 5));
    double[] bias = values(weights, "conv.bias", Shape.of(32));

    assertThat(largest(kernel)).isBetween(0.0499, 0.05);
    assertThat(largest(bias)).isBetween(0.04, 0.05);
  }

  @Test
  void xavierHasTheVarianceOfItsPaperAndNoBias() {
    FreshWeights even = FreshWeights.xavier(1);
    FreshWeights normal = FreshWeights.drawn(1, Distribution.xavierNormal());

    double[] weight = values(even, "lin.weight", WIDE);

    double bound = Math.sqrt(6.0 / 500);
    assertThat(largest(weight)).isBetween(0.999 * bound, bound);
    assertThat(deviation(weight)).isCloseTo(Math.sqrt(2.0 / 500), within(5e-4));
    assertThat(values(even, "lin.bias", Shape.of(100))).containsOnly(0);
    double[] drawn = values(normal, "lin.weight", WIDE);
    assertThat(deviation(drawn)).isCloseTo(Math.sqrt(2.0 / 500), within(1e-3));
    assertThat(largest(drawn)).isGreaterThan(2 * bound);
  }

  @Test
  void kaimingNormalHasTheVarianceOfItsPaper() {
    FreshWeights weights = FreshWeights.drawn(1, Distribution.kaimingNormal());

    assertThat(deviation(values(weights, "a.weight", WIDE)))
        .isCloseTo(Math.sqrt(2.0 / 400), within(1e-3));
  }

  @Test
  void normsBeginAtOneAndZero() {
    FreshWeights weights = FreshWeights.kaiming(1);

    assertThat(values(weights, "norm.weight", Shape.of(8))).containsOnly(1);
    assertThat(values(weights, "norm.bias", Shape.of(8))).containsOnly(0);
  }

  @Test
  void numbersDependOnSeedAndPathAndNotOnTheOrder() {
    FreshWeights one = FreshWeights.kaiming(1);
    FreshWeights other = FreshWeights.kaiming(1);
    double[] a = values(one, "a.weight", WIDE);
    double[] b = values(one, "b.weight", WIDE);
    double[] bias = values(one, "a.bias", Shape.of(100));

    assertThat(values(other, "b.weight", WIDE)).containsExactly(b);
    assertThat(values(other, "a.weight", WIDE)).containsExactly(a);
    assertThat(values(other, "a.bias", Shape.of(100))).containsExactly(bias);
    assertThat(a).doesNotContain(b[0], bias[0]);
    assertThat(values(FreshWeights.kaiming(2), "a.weight", WIDE)).doesNotContain(a[0]);
  }

  @Test
  void aBiasIsRefusedBeforeItsWeight() {
    assertThatIllegalStateException()
        .isThrownBy(() -> FreshWeights.kaiming(1).get("lin.bias", Shape.of(2)))
        .withMessage("lin.bias begins as lin.weight tells, which was not asked for yet");
  }

  @Test
  void endingsSayWhatBeginsOtherwise() {
    FreshWeights weights =
        FreshWeights.kaiming(1)
            .starting("bias", Distribution.constant(0.5))
            .starting("tokens.weight", Distribution.normal(1))
            .starting("gain", Distribution.constant(2));

    assertThat(values(weights, "lin.bias", Shape.of(3))).containsOnly(0.5);
    assertThat(deviation(values(weights, "model.tokens.weight", WIDE))).isCloseTo(1, within(0.02));
    assertThat(values(weights, "gain", Shape.of(1))).containsOnly(2);
    assertThat(largest(values(weights, "mytokens.weight", WIDE))).isLessThan(0.05);
  }

  @Test
  void whatIsNeitherWeightNorBiasNeedsARule() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FreshWeights.kaiming(1).get("cls", Shape.of(4)))
        .withMessage(
            "nothing says how cls begins, for it is neither a weight nor a bias;"
                + " starting(\"cls\", ...) does");
  }

  @Test
  void whatIsLeftOutIsNotThere() {
    FreshWeights weights = FreshWeights.kaiming(1).without("bias", "head.weight");

    Linear plain = Linear.of(weights, "lin", 3, 2);

    assertThat(plain.parameters()).containsOnlyKeys("weight");
    assertThat(weights.contains("head.weight")).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> weights.get("lin.bias", Shape.of(2)))
        .withMessage("lin.bias was left out of these weights: [bias, head.weight]");
  }

  @Test
  void matricesHaveTheTypeAskedForAndVectorsTheOneThatIsTrained() {
    FreshWeights half = FreshWeights.kaiming(1).ofType(DataType.BFLOAT16);
    FreshWeights wide = FreshWeights.kaiming(1).ofType(DataType.FLOAT64);

    assertThat(half.get("a.weight", WIDE).pretrained().type()).isEqualTo(DataType.BFLOAT16);
    assertThat(half.get("a.bias", Shape.of(100)).pretrained().type()).isEqualTo(DataType.FLOAT32);
    assertThat(wide.get("a.weight", WIDE).pretrained().type()).isEqualTo(DataType.FLOAT64);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FreshWeights.kaiming(1).ofType(DataType.INT8))
        .withMessage("models compute in FLOAT32, FLOAT64 and BFLOAT16 but not in INT8");
  }

  @Test
  void vectorsHaveNoFan() {
    FreshWeights weights = FreshWeights.kaiming(1).starting("cls", Distribution.kaimingUniform());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> weights.get("cls", Shape.of(4)))
        .withMessage(
            "a weight that is drawn by its fan has shape [out, in, ...] but this one has [4]");
  }

  private static double[] values(Weights weights, String path, Shape shape) {
    return weights.get(path, shape).pretrained().value().toDoubles();
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElseThrow();
  }

  private static double deviation(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    return Math.sqrt(
        IntStream.range(0, values.length)
            .mapToDouble(i -> (values[i] - mean) * (values[i] - mean))
            .average()
            .orElseThrow());
  }
}
