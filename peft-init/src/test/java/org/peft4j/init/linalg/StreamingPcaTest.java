package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.peft4j.init.linalg.Matrices.assertClose;
import static org.peft4j.init.linalg.Matrices.assertOrthonormalRows;
import static org.peft4j.init.linalg.Matrices.decaying;
import static org.peft4j.init.linalg.Matrices.normal;
import static org.peft4j.init.linalg.Matrices.withSpectrum;

import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.kernel.DataType;

class StreamingPcaTest {

  /** Columns of different spread, around a mean that is not zero. */
  private static final Matrix ROWS =
      normal(1, 60, 6)
          .scaleColumns(new double[] {6, 5, 4, 3, 2, 1})
          .minus(new Matrix(60, 1, filled(60, -3)).times(Matrix.of(1, 6, 1, 2, 3, 4, 5, 6)));

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 7, 59, 60})
  void isThePcaOfAllRowsWhateverTheBatches(int batchSize) {
    StreamingPca pca = stream(new StreamingPca(6, 6, Svd::of), batchSize);
    Svd batch = Svd.of("all", centred(ROWS));
    assertThat(pca.singularValues()).containsExactly(batch.singularValues(), Offset.offset(1e-11));
    assertClose(pca.components(), batch.vt(), 1e-11);
    assertThat(pca.count()).isEqualTo(60);
    assertThat(pca.mean()).containsExactly(meanOf(ROWS), Offset.offset(1e-12));
    assertThat(pca.variance())
        .containsExactly(meanOf(new Matrix(60, 6, squares(centred(ROWS)))), Offset.offset(1e-11));
    assertThat(Arrays.stream(pca.explainedVarianceRatio()).sum())
        .isCloseTo(1, Offset.offset(1e-12));
  }

  @Test
  void isExactForLowRankRowsEvenIfItKeepsLess() {
    Matrix rows = withSpectrum(2, 50, 12, 9, 5, 2);
    StreamingPca pca = new StreamingPca(4, 12, Svd::of);
    for (int i = 0; i < 50; i += 10) {
      pca = pca.add("x", rows.rows(i, i + 10));
    }
    Svd batch = Svd.of("all", centred(rows));
    assertThat(pca.singularValues())
        .containsExactly(batch.components(0, 4).singularValues(), Offset.offset(1e-13));
    assertClose(pca.components().rows(0, 3), batch.vt().rows(0, 3), 1e-12);
  }

  @Test
  void cutsOffWhatItDoesNotKeep() {
    StreamingPca pca = stream(new StreamingPca(2, 6, Svd::of), 20);
    Svd batch = Svd.of("all", centred(ROWS));
    assertThat(pca.components().rows()).isEqualTo(2);
    assertOrthonormalRows(pca.components(), 1e-13);
    assertThat(pca.singularValues()[0]).isLessThanOrEqualTo(batch.singularValues()[0] + 1e-12);
    assertThat(pca.singularValues()[0]).isGreaterThan(0.9 * batch.singularValues()[0]);
  }

  @Test
  void sharesTheVarianceByTheTotal() {
    StreamingPca pca =
        new StreamingPca(1, 2, Svd::of).add("x", Matrix.of(4, 2, 2, 1, -2, 1, 2, -1, -2, -1));
    assertThat(pca.variance()).containsExactly(4, 1);
    assertThat(pca.singularValues()).containsExactly(new double[] {4}, Offset.offset(1e-14));
    assertThat(pca.explainedVarianceRatio())
        .containsExactly(new double[] {0.8}, Offset.offset(1e-14));
  }

  @Test
  void keepsFewerComponentsWhileItHasSeenFewerRows() {
    StreamingPca pca = new StreamingPca(4, 6, Svd::of).add("x", ROWS.rows(0, 2));
    assertThat(pca.components().rows()).isEqualTo(2);
    assertThat(pca.add("x", ROWS.rows(2, 3)).components().rows()).isEqualTo(4);
  }

  @Test
  void explainsNothingOfEqualRows() {
    StreamingPca pca = new StreamingPca(1, 2, Svd::of).add("x", Matrix.of(2, 2, 3, 4, 3, 4));
    assertThat(pca.explainedVarianceRatio()).containsExactly(0);
    assertThat(pca.mean()).containsExactly(3, 4);
  }

  @Test
  void takesASketch() {
    Matrix rows = withSpectrum(3, 90, 40, decaying(30, 0.6));
    StreamingPca exact = new StreamingPca(4, 40, Svd::of);
    StreamingPca sketched = new StreamingPca(4, 40, new Sketch(4, 8, 4, 42, DataType.FLOAT64));
    for (int i = 0; i < 90; i += 30) {
      exact = exact.add("x", rows.rows(i, i + 30));
      sketched = sketched.add("x", rows.rows(i, i + 30));
    }
    assertThat(sketched.singularValues())
        .containsExactly(exact.singularValues(), Offset.offset(1e-8));
    assertThat(sketched.hasConverged(exact, 4, 1 - 1e-8)).isTrue();
  }

  @Test
  void convergesWhenComponentsStayWhereTheyWere() {
    StreamingPca before = new StreamingPca(3, 6, Svd::of);
    StreamingPca first = before.add("x", ROWS.rows(0, 30));
    StreamingPca same = first.add("x", ROWS.rows(0, 30));
    StreamingPca turned =
        first.add("x", new Matrix(30, 1, filled(30, 1e4)).times(Matrix.of(1, 6, 0, 0, 0, 0, 0, 1)));
    assertThat(same.cosines(first)).containsExactly(new double[] {1, 1, 1}, Offset.offset(1e-12));
    assertThat(same.hasConverged(first, 3, 0.99)).isTrue();
    assertThat(turned.hasConverged(first, 3, 0.99)).isFalse();
    assertThat(turned.hasConverged(first, 0, 0.99)).isTrue();
    assertThat(first.hasConverged(before, 1, 0.99)).isFalse();
    assertThat(same.hasConverged(first, 4, 0.99)).isFalse();
  }

  @Test
  void leavesTheStateBeforeAsItWas() {
    StreamingPca first = new StreamingPca(2, 6, Svd::of).add("x", ROWS.rows(0, 20));
    double[] components = first.components().toArray();
    first.mean()[0] = 99;
    first.add("x", ROWS.rows(20, 60));
    assertThat(first.count()).isEqualTo(20);
    assertThat(first.components().toArray()).containsExactly(components);
    assertThat(first.mean()).containsExactly(meanOf(ROWS.rows(0, 20)), Offset.offset(1e-13));
  }

  @Test
  void saysWhatItCannotTake() {
    StreamingPca empty = new StreamingPca(2, 3, Svd::of);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new StreamingPca(4, 3, Svd::of))
        .withMessage("components must be at most 3, the features, but was 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new StreamingPca(0, 3, Svd::of))
        .withMessage("components must be at least 1 but was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> empty.add("inputs of q_proj", normal(1, 5, 4)))
        .withMessage("inputs of q_proj must have 3 columns, the features, but is [5, 4]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> empty.add("inputs of q_proj", Matrix.of(1, 3, 0, 0, Double.NaN)))
        .withMessage("inputs of q_proj must hold finite numbers but has NaN at row 0, column 2");
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(empty::components)
        .withMessage("no batch was added yet");
  }

  private static StreamingPca stream(StreamingPca pca, int batchSize) {
    StreamingPca state = pca;
    for (int from = 0; from < ROWS.rows(); from += batchSize) {
      state = state.add("x", ROWS.rows(from, Math.min(ROWS.rows(), from + batchSize)));
    }
    return state;
  }

  private static double[] filled(int count, double value) {
    double[] values = new double[count];
    Arrays.fill(values, value);
    return values;
  }

  private static double[] meanOf(Matrix rows) {
    return new Matrix(1, rows.rows(), filled(rows.rows(), 1.0 / rows.rows())).times(rows).toArray();
  }

  private static Matrix centred(Matrix rows) {
    Matrix ones = new Matrix(rows.rows(), 1, filled(rows.rows(), 1));
    return rows.minus(ones.times(new Matrix(1, rows.columns(), meanOf(rows))));
  }

  private static double[] squares(Matrix matrix) {
    return Arrays.stream(matrix.toArray()).map(x -> x * x).toArray();
  }
}
