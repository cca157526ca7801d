package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.init.linalg.StreamingPca;
import org.peft4j.init.linalg.Svd;
import org.peft4j.initializer.InputObserver;
import org.peft4j.initializer.InputPositions;
import org.peft4j.initializer.PositionMarks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Shape;

class PrincipalInputsTest {

  private static final PrincipalInputs TWICE = new PrincipalInputs(2, 0.99, true);

  @Test
  void theLargestSharesOfAllLayersWin() {
    Map<String, Integer> ranks =
        TWICE.ranks(
            asked(2, 2, 2), shares(of(0.5, 0.3, 0.1, 0.05), of(0.2, 0.15), of(0.4, 0.35, 0.01)));

    assertThat(ranks).isEqualTo(asked(2, 2, 2));
    assertThat(
            TWICE.ranks(
                asked(2, 1, 2), shares(of(0.5, 0.3, 0.25, 0.2), of(0.1), of(0.4, 0.04, 0.03))))
        .isEqualTo(asked(4, 0, 1));
  }

  @Test
  void noLayerWinsMoreThanRhoTimesItsRank() {
    Map<String, double[]> shares = shares(of(0.5, 0.4, 0.3, 0.2), of(0.01, 0.005, 0.001));

    assertThat(TWICE.ranks(asked(1, 3), shares)).isEqualTo(asked(2, 2));
    assertThat(new PrincipalInputs(1, 0.99, true).ranks(asked(1, 3), shares))
        .isEqualTo(asked(1, 3));
    assertThat(new PrincipalInputs(3, 0.99, true).ranks(asked(1, 3), shares))
        .isEqualTo(asked(3, 1));
  }

  @Test
  void ofEqualSharesThoseOfEarlierLayersWin() {
    double[] same = of(0.5, 0.3, 0.1, 0.05);

    assertThat(TWICE.ranks(asked(2, 2, 1), shares(same, same, same))).isEqualTo(asked(2, 2, 1));
    assertThat(TWICE.ranks(asked(1, 2, 1), shares(same, same, same))).isEqualTo(asked(2, 1, 1));
  }

  @ParameterizedTest
  @CsvSource({"2,8,100,16", "1,8,100,8", "1.5,3,100,4", "1.5,1,100,2", "2,8,10,10", "1e9,8,64,64"})
  void aLayerMayWinRhoTimesItsRankButNoMoreThanItHasInputs(
      double rho, int rank, int in, int components) {
    assertThat(new PrincipalInputs(rho, 0.99, true).components(rank, in)).isEqualTo(components);
  }

  @Test
  void isNamedAfterWhatTellsItFromOthers() {
    assertThat(TWICE.name()).isEqualTo("principal_inputs(rho=2.0,tau=0.99,labelled)");
    assertThat(new PrincipalInputs(1.5, 1, false).name())
        .isEqualTo("principal_inputs(rho=1.5,tau=1.0,all)");
  }

  @Test
  void findsThePrincipalComponentsOfAllRowsTogether() {
    Buffer x = rows(1, 60, 6);
    InputObserver observer = new PrincipalInputs(2, 0.99, false).observe(6, 3);
    for (int i = 0; i < 60; i += 20) {
      show(observer, x.rows(i, i + 20), PositionMarks.all(20));
    }

    PrincipalComponents found = PrincipalComponents.of("here", observer.result());

    Svd all = Svd.of("all", centred(x));
    assertThat(found.vectors().minus(all.vt()).norm()).isLessThan(1e-10);
    assertThat(found.singularValues()).containsExactly(all.singularValues(), within(1e-10));
    assertThat(found.share(6)).isCloseTo(1, within(1e-12));
  }

  @Test
  void seesNoPaddingAndOnlyLabelsUnlessToldOtherwise() {
    Buffer x = rows(2, 30, 4);
    PositionMarks some =
        marks(row -> row % 3 == 0 ? -1 : row / 10, row -> row % 3 == 1 || row % 2 == 0, 30);
    int[] labelled = IntStream.range(0, 30).filter(r -> r % 3 != 0 && some.labelled()[r]).toArray();
    int[] real = IntStream.range(0, 30).filter(r -> r % 3 != 0).toArray();

    assertThat(seen(true, x, some)).isEqualTo(seen(true, chosen(x, labelled), all(labelled)));
    assertThat(seen(false, x, some)).isEqualTo(seen(false, chosen(x, real), all(real)));
    assertThat(seen(true, x, some)).isNotEqualTo(seen(false, x, some));
  }

  @Test
  void leavesOutBatchesWithFewerRowsThanComponents() {
    Buffer x = rows(3, 30, 6);
    InputObserver with = TWICE.observe(6, 2);
    InputObserver without = TWICE.observe(6, 2);
    show(with, x.rows(0, 12), PositionMarks.all(12));
    show(with, x.rows(12, 15), PositionMarks.all(3));
    show(with, x.rows(15, 30), PositionMarks.all(15));
    show(without, x.rows(0, 12), PositionMarks.all(12));
    show(without, x.rows(15, 30), PositionMarks.all(15));

    assertThat(numbers(with)).isEqualTo(numbers(without));
  }

  @Test
  void saysWhenNoBatchWasLargeEnough() {
    InputObserver observer = TWICE.observe(6, 2);
    show(observer, rows(3, 3, 6), PositionMarks.all(3));

    assertThatIllegalStateException()
        .isThrownBy(observer::result)
        .withMessage(
            "no batch has as many rows that count as components are wanted, 4; the largest has 3."
                + " Calibrate on larger batches, or ask for a smaller rank");
  }

  @Test
  void isSettledWhenTheComponentsThatWinStayWhereTheyWere() {
    InputObserver observer = TWICE.observe(4, 1);
    Map<String, InputObserver> both = new LinkedHashMap<>(Map.of("0", observer, "1", observer));
    Buffer steep = scaled(rows(4, 200, 4), 8, 4, 1e-2, 1e-2);

    assertThat(TWICE.isSettled(asked(1, 1), Map.of())).isFalse();
    assertThat(TWICE.isSettled(asked(1, 1), both)).isFalse();
    show(observer, steep.rows(0, 100), PositionMarks.all(100));
    assertThat(TWICE.isSettled(asked(1, 1), both)).isFalse();
    show(observer, steep.rows(100, 200), PositionMarks.all(100));
    assertThat(TWICE.isSettled(asked(1, 1), Map.of("0", observer))).isFalse();
    assertThat(TWICE.isSettled(asked(1, 1), both)).isTrue();
  }

  @Test
  void aLayerWhoseWinnersAreSettledRestsUntilItWinsMore() {
    PrincipalInputs inputs = new PrincipalInputs(2, 0.9999, true);
    InputObserver quick = inputs.observe(4, 1);
    InputObserver slow = inputs.observe(4, 1);
    Map<String, InputObserver> observers = new LinkedHashMap<>();
    observers.put("0", quick);
    observers.put("1", slow);
    Buffer steep = scaled(rows(5, 40, 4), 100, 0.1, 0.1, 0.1);
    Buffer flat = scaled(rows(6, 40, 4), 3, 2, 2, 2);
    for (int i = 0; i < 40; i += 20) {
      show(quick, steep.rows(i, i + 20), PositionMarks.all(20));
      show(slow, flat.rows(i, i + 20), PositionMarks.all(20));
    }

    assertThat(inputs.isSettled(asked(1, 1), observers)).isFalse();
    double[] before = numbers(quick);
    show(quick, flat.rows(0, 20), PositionMarks.all(20));
    assertThat(numbers(quick)).isEqualTo(before);

    double[] slowBefore = numbers(slow);
    show(slow, flat.rows(0, 20), PositionMarks.all(20));
    assertThat(numbers(slow)).isNotEqualTo(slowBefore);

    // Alone it has to bring both of its components to rest.
    assertThat(inputs.isSettled(Map.of("0", 2), Map.of("0", quick))).isFalse();
    show(quick, flat.rows(0, 20), PositionMarks.all(20));
    assertThat(numbers(quick)).isNotEqualTo(before);
  }

  @Test
  void aLayerThatWinsNothingIsSettled() {
    InputObserver winner = TWICE.observe(4, 1);
    InputObserver loser = TWICE.observe(4, 1);
    Map<String, InputObserver> observers = new LinkedHashMap<>();
    observers.put("0", winner);
    observers.put("1", loser);
    for (int i = 0; i < 2; i++) {
      show(winner, scaled(rows(7, 40, 4), 9, 10, 0.1, 0.1), PositionMarks.all(40));
      show(loser, scaled(rows(8 + i, 40, 4), 3, 4, 6, 12), PositionMarks.all(40));
    }

    assertThat(TWICE.isSettled(asked(1, 1), observers)).isTrue();
  }

  private static double[] seen(boolean labelled, Buffer x, PositionMarks marks) {
    InputObserver observer = new PrincipalInputs(2, 0.99, labelled).observe(4, 1);
    show(observer, x, marks);
    return numbers(observer);
  }

  private static double[] numbers(InputObserver observer) {
    return observer.result().values().stream()
        .flatMapToDouble(buffer -> Arrays.stream(buffer.toDoubles()))
        .toArray();
  }

  private static void show(InputObserver observer, Buffer x, PositionMarks marks) {
    observer.add(new InputPositions(x, marks, KernelSets.forType(DataType.FLOAT64)));
  }

  private static PositionMarks marks(
      java.util.function.IntUnaryOperator sequence,
      java.util.function.IntPredicate labelled,
      int rows) {
    boolean[] labels = new boolean[rows];
    IntStream.range(0, rows).forEach(row -> labels[row] = labelled.test(row));
    return new PositionMarks(IntStream.range(0, rows).map(sequence).toArray(), labels);
  }

  private static PositionMarks all(int[] rows) {
    return PositionMarks.all(rows.length);
  }

  private static Buffer chosen(Buffer x, int[] rows) {
    return new InputPositions(x, PositionMarks.all(x.rows()), KernelSets.forType(DataType.FLOAT64))
        .copy(rows);
  }

  private static Buffer rows(long seed, int rows, int columns) {
    double[] widths = new double[columns];
    Arrays.setAll(widths, j -> columns - j);
    Random random = new Random(seed);
    Buffer x = Buffer.allocate(DataType.FLOAT64, Shape.of(rows, columns));
    x.put(
        IntStream.range(0, rows * columns)
            .mapToDouble(i -> 3 + widths[i % columns] * random.nextGaussian())
            .toArray());
    return x;
  }

  private static Buffer scaled(Buffer x, double... factors) {
    Buffer scaled = Buffer.allocate(DataType.FLOAT64, x.shape());
    Matrix.of(x).scaleColumns(factors).copyTo(scaled);
    return scaled;
  }

  private static Matrix centred(Buffer x) {
    Matrix rows = Matrix.of(x);
    double[] mean = new double[rows.columns()];
    for (int i = 0; i < rows.rows(); i++) {
      for (int j = 0; j < mean.length; j++) {
        mean[j] += rows.get(i, j) / rows.rows();
      }
    }
    double[] ones = new double[rows.rows()];
    Arrays.fill(ones, 1);
    return rows.minus(Matrix.of(ones.length, 1, ones).times(Matrix.of(1, mean.length, mean)));
  }

  private static Map<String, Integer> asked(int... ranks) {
    Map<String, Integer> asked = new LinkedHashMap<>();
    for (int i = 0; i < ranks.length; i++) {
      asked.put(String.valueOf(i), ranks[i]);
    }
    return asked;
  }

  private static Map<String, double[]> shares(double[]... shares) {
    Map<String, double[]> byLayer = new LinkedHashMap<>();
    for (int i = 0; i < shares.length; i++) {
      byLayer.put(String.valueOf(i), shares[i]);
    }
    return byLayer;
  }

  private static double[] of(double... values) {
    return values;
  }

  /** Goes on in float32 from where it was, where the exact one decomposes every batch anew. */
  @Test
  void findsInFloat32NearlyWhatTheExactOneFinds() {
    Random random = new Random(3);
    PrincipalObserver quick = new PrincipalObserver(8, 160, false);
    StreamingPca exact = new StreamingPca(8, 160, Svd::of);
    for (int batch = 0; batch < 6; batch++) {
      Buffer x = fading(random, 200 + batch, 160);
      quick.add(
          new InputPositions(x, PositionMarks.all(x.rows()), KernelSets.forType(DataType.FLOAT32)));
      exact = exact.add("x", Matrix.of(x));
    }

    PrincipalComponents found = PrincipalComponents.of("lin", quick.result());
    for (int i = 0; i < 8; i++) {
      double cosine =
          found
              .vectors()
              .rows(i, i + 1)
              .timesTranspose(exact.components().rows(i, i + 1))
              .get(0, 0);
      assertThat(Math.abs(cosine)).as("component %d", i).isGreaterThan(0.9999);
    }
    assertThat(found.shares()).containsExactly(exact.explainedVarianceRatio(), within(1e-4));
  }

  /** Each column is 0.8 times as wide as the one before, around a mean of 2. */
  private static Buffer fading(Random random, int rows, int columns) {
    Buffer x = Buffer.allocate(DataType.FLOAT32, Shape.of(rows, columns));
    x.put(
        IntStream.range(0, rows * columns)
            .mapToDouble(i -> 2 + Math.pow(0.8, i % columns) * random.nextGaussian())
            .toArray());
    return x;
  }
}
