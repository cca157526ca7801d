package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.LowRank;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.init.linalg.Svd;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Initializers;
import org.peft4j.initializer.Start;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.Sites;

class LoraGaStartTest implements StartContract {

  private static final int RANK = 3;
  private static final double SCALING = 2;
  private static final Matrix GRADIENT = matrix(20, 12, 4);

  @Override
  public Initializer start() {
    return new LoraGaStart();
  }

  @Test
  void goesByItsName() {
    assertThat(Initializers.named("lora_ga")).isEqualTo(new LoraGaStart());
  }

  /** Two times rank of the gradient's singular values are within reach, and all are reached. */
  @ParameterizedTest
  @EnumSource(LoraGaDirection.class)
  void theFirstStepIsTheBestOfTwiceTheRank(LoraGaDirection direction) {
    LoraGaStart start = new LoraGaStart(direction, LoraGaScale.UNIT, 16, false);

    assertThat(residual(start.start(site(1), RANK, SCALING, seen(1)).factors()))
        .isCloseTo(tail(2 * RANK), within(1e-10));
  }

  @Test
  void hadBothFactorsTheSameVectorsItWouldNotBe() {
    Svd svd = Svd.of("gradient", GRADIENT);
    Matrix a = svd.vt().rows(0, RANK);
    Matrix b = svd.u().columns(0, RANK);

    assertThat(residual(a, b)).isGreaterThan(1.5 * tail(2 * RANK));
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-4, 1e4})
  void theSizeOfTheLossDoesNotMatter(double factor) {
    LowRank usual = new LoraGaStart().start(site(1), RANK, SCALING, seen(1)).factors();
    LowRank other = new LoraGaStart().start(site(1), RANK, SCALING, seen(factor)).factors();

    assertThat(other.a().value().toDoubles())
        .containsExactly(usual.a().value().toDoubles(), within(1e-9));
    assertThat(other.b().value().toDoubles())
        .containsExactly(usual.b().value().toDoubles(), within(1e-9));
  }

  @Test
  void theStableScaleHasANormThatFollowsFromTheWidthAlone() {
    LowRank factors = new LoraGaStart().start(site(1), RANK, SCALING, seen(1)).factors();
    double squared = Math.sqrt(20) / 16;

    assertThat(product(factors).norm()).isCloseTo(squared * Math.sqrt(RANK), within(1e-12));
  }

  @Test
  void theOtherScalesAreWhatTheySay() {
    assertThat(norm(LoraGaScale.UNIT)).isCloseTo(Math.sqrt(RANK), within(1e-12));
    assertThat(norm(LoraGaScale.GD))
        .isCloseTo(Math.sqrt(RANK) / (SCALING * SCALING), within(1e-12));
    double[] weight = Svd.of("weight", Matrix.of(site(1).weight())).singularValues();
    double mean =
        Arrays.stream(weight).limit(RANK).map(v -> Math.sqrt(v / SCALING)).average().orElseThrow();
    assertThat(norm(LoraGaScale.WEIGHT_S)).isCloseTo(mean * mean * Math.sqrt(RANK), within(1e-9));
  }

  @Test
  void aClippedStartHasNoLargerEntryThanTheWeight() {
    AdapterSite small = site(1e-3);
    LoraGaStart clipping = new LoraGaStart(LoraGaDirection.A_R_B_2R, LoraGaScale.STABLE, 16, true);
    LowRank factors = clipping.start(small, RANK, SCALING, seen(1)).factors();

    assertThat(largest(product(factors).times(SCALING).toArray()))
        .isCloseTo(largest(small.weight().toDoubles()), within(1e-12));
  }

  @Test
  void tellsWhatShareOfTheGradientItsDirectionsHold() {
    Start start = new LoraGaStart().start(site(1), RANK, SCALING, seen(1));
    double all = GRADIENT.norm() * GRADIENT.norm();
    double left = tail(2 * RANK) * tail(2 * RANK);

    assertThat(start.facts().energy().orElseThrow()).isCloseTo(1 - left / all, within(1e-12));
  }

  @Test
  void needsRoomForTwiceTheRank() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LoraGaStart().start(site(1), 7, SCALING, seen(1)))
        .withMessage(
            "layer is [20, 12], so lora_ga, which needs twice the rank, can start a rank of at most"
                + " 6 there but it was 7");
  }

  @Test
  void aGradientOfZeroHasNoDirections() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LoraGaStart().start(site(1), RANK, SCALING, seen(0)))
        .withMessage(
            "the gradient of layer is zero, so it has no directions; take the layer out of the"
                + " targets, or calibrate on other data");
  }

  @Test
  void statisticsForASmallerRankDoNotDo() {
    Map<String, Buffer> small = new GradientSpectrum().of("layer", 1, buffer(GRADIENT));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LoraGaStart().start(site(1), RANK, SCALING, small))
        .withMessage(
            "the statistics of layer hold 4 singular values but 6 are needed; gather them for this"
                + " rank");
  }

  private static double norm(LoraGaScale scale) {
    LoraGaStart start = new LoraGaStart(scale);
    return product(start.start(site(1), RANK, SCALING, seen(1)).factors()).norm();
  }

  /** What is left of the gradient after the part in reach of the first step of both factors. */
  private static double residual(LowRank factors) {
    return residual(Matrix.of(factors.a().value()), Matrix.of(factors.b().value()));
  }

  private static double residual(Matrix a, Matrix b) {
    Matrix fromB = b.times(b.transposeTimes(GRADIENT));
    Matrix fromA = GRADIENT.timesTranspose(a).times(a);
    return GRADIENT.minus(fromB).minus(fromA).norm();
  }

  private static double tail(int from) {
    double[] values = Svd.of("gradient", GRADIENT).singularValues();
    return Math.sqrt(Arrays.stream(values).skip(from).map(value -> value * value).sum());
  }

  private static Matrix product(LowRank factors) {
    return Matrix.of(factors.b().value()).times(Matrix.of(factors.a().value()));
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElseThrow();
  }

  private static Map<String, Buffer> seen(double factor) {
    return new GradientSpectrum().of("layer", RANK, buffer(GRADIENT.times(factor)));
  }

  private static AdapterSite site(double factor) {
    Buffer weight = buffer(matrix(20, 12, 9).times(factor));
    return Sites.of("layer", weight, 7);
  }

  private static Buffer buffer(Matrix matrix) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT64, matrix.shape());
    matrix.copyTo(buffer);
    return buffer;
  }

  private static Matrix matrix(int rows, int columns, long seed) {
    return Matrix.of(Mlp.normal(DataType.FLOAT64, new Random(seed), 1, rows, columns).value());
  }
}
