package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.init.linalg.Matrices.assertClose;
import static org.peft4j.init.linalg.Matrices.assertOrthonormalColumns;
import static org.peft4j.init.linalg.Matrices.assertOrthonormalRows;
import static org.peft4j.init.linalg.Matrices.assertSigned;
import static org.peft4j.init.linalg.Matrices.decaying;
import static org.peft4j.init.linalg.Matrices.normal;
import static org.peft4j.init.linalg.Matrices.withSpectrum;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.adapter.LowRank;
import org.peft4j.initializer.Decomposer;
import org.peft4j.initializer.Decomposer.Sketching;
import org.peft4j.initializer.Decomposition;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.JacobiDecomposer;

class LapackDecomposerTest {

  private final Decomposer decomposer = Decomposer.requiredBy("this test");

  @Test
  void isTheOneOnTheClassPath() {
    assertThat(decomposer).isInstanceOf(LapackDecomposer.class);
  }

  @ParameterizedTest
  @CsvSource({"9,6", "6,9", "7,7", "1,4", "5,1"})
  void agreesWithAnotherDecomposition(int rows, int columns) {
    Buffer matrix = buffer(normal(3, rows, columns));

    Decomposition actual = decomposer.decompose("a", matrix);
    Decomposition expected = new JacobiDecomposer().decompose("a", matrix);

    assertThat(actual.u()).containsExactly(expected.u(), within(1e-12));
    assertThat(actual.singularValues()).containsExactly(expected.singularValues(), within(1e-12));
    assertThat(actual.vt()).containsExactly(expected.vt(), within(1e-12));
  }

  @Test
  void decomposesFloat32InFloat64() {
    Buffer narrow = Buffer.allocate(DataType.FLOAT32, normal(3, 8, 5).shape());
    normal(3, 8, 5).copyTo(narrow);

    Decomposition svd = decomposer.decompose("a", narrow);

    assertClose(product(svd, 8, 5), Matrix.of(narrow), 1e-14);
  }

  /** Also where the rank is above one side or both, and where it is not full. */
  @ParameterizedTest
  @CsvSource({"12,9,3", "9,12,3", "8,8,8", "4,9,6", "9,4,6", "3,2,7", "6,5,1"})
  void decomposesAProductWithoutFormingIt(int rows, int columns, int rank) {
    Matrix b = normal(1, rows, rank);
    Matrix a = normal(2, rank, columns);

    Decomposition svd = decomposer.decomposeProduct("a", factors(b, a));

    int size = Math.min(rank, Math.min(rows, columns));
    assertThat(svd.size()).isEqualTo(size);
    assertOrthonormalColumns(Matrix.of(rows, size, svd.u()), 1e-13);
    assertOrthonormalRows(Matrix.of(size, columns, svd.vt()), 1e-13);
    assertSigned(Matrix.of(size, columns, svd.vt()));
    assertClose(product(svd, rows, columns), b.times(a), 1e-12);
    assertThat(svd.singularValues())
        .containsExactly(
            decomposer.decompose("a", buffer(b.times(a))).leading(size).singularValues(),
            within(1e-12));
  }

  @Test
  void whatCancelsIsNothing() {
    Matrix b = normal(1, 10, 4);
    Matrix a = normal(2, 4, 12);
    Matrix both = sideBySide(b, b.times(-1));
    Matrix twice = sideBySide(a.transpose(), a.transpose()).transpose();

    double[] values = decomposer.decomposeProduct("a", factors(both, twice)).singularValues();

    assertThat(values).hasSize(8).containsOnly(new double[8], within(1e-13));
  }

  @Test
  void looksForTheFirstComponentsThroughASketch() {
    Matrix matrix = withSpectrum(4, 60, 50, decaying(20, 0.5));

    Decomposition few = decomposer.decompose("a", buffer(matrix), new Sketching(3, 4, 7));
    Decomposition all = decomposer.decompose("a", buffer(matrix));

    assertThat(few.size()).isEqualTo(3);
    assertThat(few.singularValues()).containsExactly(all.leading(3).singularValues(), within(1e-9));
    assertThat(few.vt()).containsExactly(all.leading(3).vt(), within(1e-6));
  }

  @Test
  void knowsHowMuchLeadingComponentsHold() {
    Decomposition svd = decomposer.decompose("a", buffer(Matrix.diagonal(1, 3, 0, 2)));

    assertThat(svd.componentsHolding(9.0 / 14 - 1e-9)).isEqualTo(1);
    assertThat(svd.componentsHolding(9.0 / 14 + 1e-9)).isEqualTo(2);
    assertThat(svd.componentsHolding(1)).isEqualTo(3);
    assertThat(svd.errorOf(2)).isCloseTo(Math.sqrt(1.0 / 14), within(1e-12));
    assertThat(svd.errorOf(4)).isZero();
    assertClose(product(svd.leading(2), 4, 4), Matrix.diagonal(0, 3, 0, 2), 1e-14);
  }

  @Test
  void saysWhichFactorIsNotFinite() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                decomposer.decomposeProduct(
                    "the update of lin0",
                    factors(normal(1, 2, 2), Matrix.of(2, 2, 0, 1, Double.NaN, 2))))
        .withMessage(
            "Aᵀ of the update of lin0 must hold finite numbers but has NaN at row 0, column 1");
  }

  private static Matrix sideBySide(Matrix left, Matrix right) {
    double[] values = new double[left.rows() * (left.columns() + right.columns())];
    for (int i = 0; i < left.rows(); i++) {
      for (int j = 0; j < left.columns(); j++) {
        values[i * 2 * left.columns() + j] = left.get(i, j);
        values[i * 2 * left.columns() + left.columns() + j] = right.get(i, j);
      }
    }
    return Matrix.of(left.rows(), 2 * left.columns(), values);
  }

  private static LowRank factors(Matrix b, Matrix a) {
    return new LowRank(Tensor.of(buffer(a)), Tensor.of(buffer(b)));
  }

  private static Buffer buffer(Matrix matrix) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT64, matrix.shape());
    matrix.copyTo(buffer);
    return buffer;
  }

  private static Matrix product(Decomposition svd, int rows, int columns) {
    return Matrix.of(rows, svd.size(), svd.u())
        .scaleColumns(svd.singularValues())
        .times(Matrix.of(svd.size(), columns, svd.vt()));
  }
}
