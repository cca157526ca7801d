package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.initializer.InputObserver;
import org.peft4j.initializer.InputPositions;
import org.peft4j.initializer.PositionMarks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Shape;
import org.peft4j.testkit.Mlp;

class InputCovarianceTest {

  private static final int IN = 5;

  /** One sequence of two tokens: sizes |max| = 1, max|·| = 4, RMS = √(30/10). */
  private static final double[] SAMPLE = {1, -1, -2, 0, 0, 0, 0, -4, -2, -2};

  @ParameterizedTest
  @CsvSource({"signed_maximum,1", "largest,16", "rms,3", "none,1"})
  void addsUpProductsOfSamplesDividedByTheirSize(String size, double square) {
    InputCovariance statistic = statistic(size);
    InputObserver observer = statistic.observe(IN, 1);
    observer.add(rows(DataType.FLOAT64, SAMPLE, 0, 0));

    Matrix x = Matrix.of(2, IN, SAMPLE);
    assertThat(sum(observer))
        .containsExactly(x.transposeTimes(x).times(1 / square).toArray(), within(1e-14));
    assertThat(statistic.name()).isEqualTo("input_covariance_" + size);
  }

  @ParameterizedTest
  @EnumSource
  void weighsEverySequenceOfItsOwn(SampleSize size) {
    InputObserver together = new InputCovariance(size).observe(IN, 1);
    together.add(rows(DataType.FLOAT64, normal(6), 0, 0, 0, 1, 1, 2));

    double[] alone = new double[IN * IN];
    for (int[] part : new int[][] {{0, 3}, {3, 5}, {5, 6}}) {
      InputObserver observer = new InputCovariance(size).observe(IN, 1);
      observer.add(
          rows(
              DataType.FLOAT64,
              Arrays.copyOfRange(normal(6), part[0] * IN, part[1] * IN),
              new int[part[1] - part[0]]));
      double[] sum = sum(observer);
      Arrays.setAll(alone, i -> alone[i] + sum[i]);
    }
    assertThat(sum(together)).containsExactly(alone, within(1e-13));
    assertThat(samples(together)).isEqualTo(3);
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT32", "FLOAT64"})
  void doesNotMindHowSequencesArePutIntoBatches(DataType type) {
    int sequences = 40;
    double[] sum = null;
    for (int perBatch : new int[] {1, 3, 16, 40}) {
      InputObserver observer = statistic("largest").observe(IN, 1);
      for (int from = 0; from < sequences; from += perBatch) {
        observer.add(padded(type, from, Math.min(sequences, from + perBatch)));
      }
      sum = sum == null ? sum(observer) : sum;
      assertThat(sum(observer)).as("%d in a batch", perBatch).isEqualTo(sum);
      assertThat(samples(observer)).isEqualTo(sequences);
    }
  }

  @Test
  void doesNotSeePadding() {
    double[] values = normal(4);
    Arrays.fill(values, 2 * IN, 4 * IN, Double.NaN);
    InputObserver observer = statistic("rms").observe(IN, 1);
    observer.add(rows(DataType.FLOAT64, values, 0, 0, -1, -1));

    InputObserver without = statistic("rms").observe(IN, 1);
    without.add(rows(DataType.FLOAT64, Arrays.copyOf(values, 2 * IN), 0, 0));

    assertThat(sum(observer)).isEqualTo(sum(without));
  }

  @Test
  void addsTheProductsOfManySamplesInFloat64() {
    InputObserver observer = statistic("none").observe(1, 1);
    for (int i = 0; i < 320; i++) {
      Buffer x = Buffer.allocate(DataType.FLOAT32, Shape.of(1, 1));
      x.put(new float[] {i == 0 ? 4096 : 1});
      observer.add(
          new InputPositions(x, PositionMarks.all(1), KernelSets.forType(DataType.FLOAT32)));
    }

    // In float32, 2^24 + 1 is 2^24: only the first 16 samples, which are one sum, lose their ones.
    assertThat(sum(observer)[0]).isEqualTo(4096 * 4096 + 304);
  }

  @Test
  void aSampleOfZerosAddsNothing() {
    InputObserver observer = statistic("largest").observe(IN, 1);
    observer.add(rows(DataType.FLOAT64, SAMPLE, 0, 0));
    double[] before = sum(observer);
    observer.add(rows(DataType.FLOAT64, new double[IN], 0));

    assertThat(sum(observer)).isEqualTo(before);
    assertThat(samples(observer)).isEqualTo(2);
  }

  @Test
  void saysIfASampleCannotBeDividedByItsLargestInput() {
    InputObserver observer = statistic("signed_maximum").observe(IN, 1);
    observer.add(rows(DataType.FLOAT64, SAMPLE, 0, 0));
    observer.add(rows(DataType.FLOAT64, new double[] {0, -1, 0, -2, -3}, 0));

    assertThatIllegalStateException()
        .isThrownBy(observer::result)
        .withMessage(
            "the largest input of sample 2 is 0, so the sample cannot be divided by it; choose"
                + " normalizer largest or rms");
  }

  @ParameterizedTest
  @CsvSource({
    "largest,NaN,an input of sample 2 is not a finite number",
    "rms,-Infinity,an input of sample 2 is not a finite number",
    "signed_maximum,Infinity,an input of sample 2 is not a finite number",
    "signed_maximum,-Infinity,an input up to sample 3 is not a finite number",
    "none,NaN,an input up to sample 3 is not a finite number"
  })
  void saysIfAnInputIsNotFinite(String size, double value, String message) {
    InputObserver observer = statistic(size).observe(IN, 1);
    double[] values = normal(3);
    values[IN + 2] = value;
    observer.add(rows(DataType.FLOAT64, values, 0, 1, 2));

    assertThatIllegalStateException().isThrownBy(observer::result).withMessage(message);
  }

  @Test
  void saysIfItSawNothing() {
    InputObserver observer = statistic("largest").observe(IN, 1);
    observer.add(rows(DataType.FLOAT64, SAMPLE, -1, -1));

    assertThatIllegalStateException()
        .isThrownBy(observer::result)
        .withMessage("it saw nothing but padding");
  }

  @Test
  void saysIfAllInputsAreZero() {
    InputObserver observer = statistic("largest").observe(IN, 1);
    observer.add(rows(DataType.FLOAT64, new double[IN], 0));

    assertThatIllegalStateException()
        .isThrownBy(observer::result)
        .withMessage(
            "its inputs are all 0, so they favour no direction; leave it out of the targets");
  }

  /** Sequences of 1 to 40 tokens, filled up to 40 with other numbers every time. */
  private static InputPositions padded(DataType type, int from, int to) {
    List<Double> values = new ArrayList<>();
    List<Integer> marks = new ArrayList<>();
    for (int sequence = from; sequence < to; sequence++) {
      Random random = new Random(sequence);
      for (int token = 0; token < 40; token++) {
        boolean real = token < sequence + 1;
        for (int j = 0; j < IN; j++) {
          values.add(real ? random.nextGaussian() : 1000.0 * to);
        }
        marks.add(real ? sequence - from : -1);
      }
    }
    return rows(
        type,
        values.stream().mapToDouble(Double::doubleValue).toArray(),
        marks.stream().mapToInt(Integer::intValue).toArray());
  }

  private static InputPositions rows(DataType type, double[] values, int... sequences) {
    Buffer x = Buffer.allocate(type, Shape.of(sequences.length, IN));
    x.put(values);
    PositionMarks marks = new PositionMarks(sequences, new boolean[sequences.length]);
    return new InputPositions(x, marks, KernelSets.forType(type));
  }

  private static double[] normal(int rows) {
    return Mlp.normal(DataType.FLOAT64, new Random(1), 1, rows, IN).value().toDoubles();
  }

  private static InputCovariance statistic(String size) {
    return new InputCovariance(SampleSize.valueOf(size.toUpperCase(Locale.ROOT)));
  }

  private static double[] sum(InputObserver observer) {
    return observer.result().get("sum").toDoubles();
  }

  private static double samples(InputObserver observer) {
    return InputCovariance.samples(observer.result());
  }
}
