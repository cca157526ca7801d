package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.peft4j.init.linalg.Matrices.assertClose;
import static org.peft4j.init.linalg.Matrices.assertOrthonormalColumns;
import static org.peft4j.init.linalg.Matrices.assertOrthonormalRows;
import static org.peft4j.init.linalg.Matrices.assertSigned;
import static org.peft4j.init.linalg.Matrices.normal;
import static org.peft4j.init.linalg.Matrices.withSpectrum;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;

class SvdTest {

  private static final SvdRoutine NEVER = (a, u, s, vt) -> 1;

  static Stream<Matrix> anyMatrix() {
    return Stream.of(
        normal(1, 7, 7),
        normal(2, 12, 5),
        normal(3, 5, 12),
        normal(4, 1, 6),
        normal(5, 6, 1),
        normal(6, 1, 1),
        normal(7, 90, 60),
        normal(8, 6, 9).times(1e-200),
        normal(9, 9, 6).times(1e200),
        withSpectrum(10, 9, 7, 3, 2, 1),
        withSpectrum(11, 8, 8, 2, 2, 2, 1, 1),
        Matrix.identity(5).times(-1),
        Qr.of("q", normal(12, 6, 6)).q(),
        Matrix.diagonal(-1, 4, 0, 2),
        new Matrix(3, 4, new double[12]));
  }

  @ParameterizedTest
  @MethodSource("anyMatrix")
  void takesAnyMatrixApartAndPutsItTogether(Matrix a) {
    assertDecomposes(Svd.of("a", a), a);
  }

  @ParameterizedTest
  @MethodSource("anyMatrix")
  void fallsBackToQrIteration(Matrix a) {
    Svd fallback = Svd.of("a", a, List.of(NEVER, SvdRoutine::gesvd));
    assertDecomposes(fallback, a);
    assertThat(fallback.singularValues())
        .containsExactly(
            Svd.of("a", a).singularValues(),
            Offset.offset(1e-13 * Math.max(1e-300, fallback.singularValues()[0])));
  }

  private static void assertDecomposes(Svd svd, Matrix a) {
    int m = Math.min(a.rows(), a.columns());
    double largest = Math.max(Double.MIN_NORMAL, svd.singularValues()[0]);
    assertThat(svd.size()).isEqualTo(m);
    assertOrthonormalColumns(svd.u(), 1e-13);
    assertOrthonormalRows(svd.vt(), 1e-13);
    assertThat(svd.singularValues()).isSortedAccordingTo((x, y) -> Double.compare(y, x));
    assertThat(Arrays.stream(svd.singularValues()).min().orElseThrow()).isNotNegative();
    assertClose(svd.product(), a, 1e-13 * largest);
    assertSigned(svd.vt());
  }

  @Test
  void findsTheFactorsOfADiagonalMatrix() {
    Svd svd = Svd.of("a", Matrix.diagonal(-1, 4, 0.5));
    assertThat(svd.singularValues()).containsExactly(4, 1, 0.5);
    assertClose(svd.vt(), Matrix.of(3, 3, 0, 1, 0, 1, 0, 0, 0, 0, 1), 0);
    assertClose(svd.u(), Matrix.of(3, 3, 0, -1, 0, 1, 0, 0, 0, 0, 1), 0);
  }

  @Test
  void findsTheGoldenRatio() {
    Svd svd = Svd.of("a", Matrix.of(2, 2, 1, 1, 0, 1));
    double golden = (1 + Math.sqrt(5)) / 2;
    assertThat(svd.singularValues())
        .containsExactly(new double[] {golden, 1 / golden}, Offset.offset(1e-15));
  }

  @Test
  void findsTheSpectrumAMatrixWasMadeWith() {
    Svd wide = Svd.of("a", withSpectrum(1, 10, 30, 5, 3, 3, 1, 1e-6));
    double[] expected = new double[10];
    System.arraycopy(new double[] {5, 3, 3, 1, 1e-6}, 0, expected, 0, 5);
    assertThat(wide.singularValues()).containsExactly(expected, Offset.offset(1e-14));
  }

  @Test
  void hasTheEigenvaluesOfTheCovarianceAsSquares() {
    Matrix a = normal(3, 20, 8);
    double[] squares = Arrays.stream(Svd.of("a", a).singularValues()).map(s -> s * s).toArray();
    assertThat(SymmetricEigen.descending("c", a.transposeTimes(a)).values())
        .containsExactly(squares, Offset.offset(1e-12));
  }

  @Test
  void swapsItsVectorsForATransposedMatrix() {
    Matrix a = normal(4, 9, 6);
    Svd svd = Svd.of("a", a);
    Svd turned = Svd.of("aᵀ", a.transpose());
    Matrix cosines = svd.u().transposeTimes(turned.vt().transpose());
    IntStream.range(0, 6)
        .forEach(i -> assertThat(Math.abs(cosines.get(i, i))).isCloseTo(1, Offset.offset(1e-13)));
  }

  @Test
  void breaksTiesOfTheSignRuleAtTheFirstEntry() {
    Svd svd = Svd.of("a", Matrix.of(1, 3, -1, 1, -1));
    assertThat(svd.vt().get(0, 0)).isPositive();
    assertThat(svd.u().get(0, 0)).isEqualTo(-1);
  }

  @Test
  void approximatesBestByItsLeadingComponents() {
    Matrix a = withSpectrum(5, 12, 9, 8, 4, 2, 1);
    Svd leading = Svd.of("a", a).components(0, 2);
    assertThat(leading.size()).isEqualTo(2);
    assertThat(a.minus(leading.product()).norm()).isCloseTo(Math.sqrt(5), Offset.offset(1e-13));
    Svd rest = Svd.of("a", a).components(2, 9);
    assertClose(a.minus(leading.product()), rest.product(), 1e-13);
  }

  @Test
  void givesTheSameBitsAgain() {
    Matrix a = normal(6, 40, 30);
    Svd first = Svd.of("a", a);
    Svd second = Svd.of("a", a);
    assertThat(second.u().toArray()).containsExactly(first.u().toArray());
    assertThat(second.singularValues()).containsExactly(first.singularValues());
    assertThat(second.vt().toArray()).containsExactly(first.vt().toArray());
  }

  @Test
  void isFoundByManyThreadsAtOnce() {
    Matrix a = normal(7, 60, 40);
    double[] expected = Svd.of("a", a).singularValues();
    IntStream.range(0, 32)
        .parallel()
        .forEach(
            i ->
                assertThat(Svd.of("a", a).singularValues())
                    .containsExactly(expected, Offset.offset(1e-12)));
  }

  @Test
  void leavesItsMatrixAsItWas() {
    Matrix a = normal(8, 5, 4);
    double[] before = a.toArray();
    Svd svd = Svd.of("a", a);
    svd.singularValues()[0] = -7;
    assertThat(a.toArray()).containsExactly(before);
    assertThat(svd.singularValues()[0]).isPositive();
  }

  @Test
  void saysWhichEntryIsNotFinite() {
    Matrix nan = Matrix.of(2, 3, 1, 2, 3, 4, Double.NaN, 6);
    Matrix infinite = Matrix.of(2, 3, 1, 2, Double.NEGATIVE_INFINITY, 4, 5, 6);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Svd.of("model.layers.0.q_proj", nan))
        .withMessage(
            "model.layers.0.q_proj must hold finite numbers but has NaN at row 1, column 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Svd.of("q_proj", infinite))
        .withMessage("q_proj must hold finite numbers but has -Infinity at row 0, column 2");
  }

  @Test
  void saysWhatDidNotConverge() {
    assertThatExceptionOfType(ArithmeticException.class)
        .isThrownBy(() -> Svd.of("q_proj", normal(1, 3, 4), List.of(NEVER, NEVER)))
        .withMessage("the SVD of q_proj [3, 4] did not converge");
  }

  @Test
  void hasAsManyVectorsAsValues() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Svd(normal(1, 4, 2), new double[3], normal(2, 3, 5)))
        .withMessage("U [4, 2] and Vᵀ [3, 5] do not go with 3 singular values");
  }

  @Test
  void reportsWhatLapackRefuses() {
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> Info.requireArguments("gesdd", -4))
        .withMessage("this is our bug: LAPACK gesdd refused its argument 4");
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> Info.requireNone("orglq", 2))
        .withMessage("this is our bug: LAPACK orglq says 2");
    assertThatExceptionOfType(OutOfMemoryError.class)
        .isThrownBy(() -> Info.requireArguments("gesdd", -1010))
        .withMessage("LAPACK gesdd found no native memory to work in");
  }

  @ParameterizedTest
  @CsvSource({"90, 60", "60, 90", "7, 7"})
  void decomposesABufferInItsOwnType(int rows, int columns) {
    Matrix a = normal(13, rows, columns);
    Svd wide = Svd.of("a", a);
    Svd same = Svd.of("a", buffer(a, DataType.FLOAT64));
    Svd narrow = Svd.of("a", buffer(a, DataType.FLOAT32));

    assertThat(same.vt().toArray()).containsExactly(wide.vt().toArray());
    assertThat(narrow.singularValues())
        .containsExactly(wide.singularValues(), Offset.offset(1e-6 * wide.singularValues()[0]));
    assertClose(narrow.product(), a, 2e-6 * wide.singularValues()[0]);
    assertOrthonormalColumns(narrow.u(), 5e-6);
    assertOrthonormalRows(narrow.vt(), 5e-6);
    assertSigned(narrow.vt());
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT32", "FLOAT64"})
  void leavesABufferAsItWas(DataType type) {
    Buffer a = buffer(normal(14, 9, 6), type);
    double[] before = a.toDoubles();

    Svd.of("a", a);

    assertThat(a.toDoubles()).containsExactly(before);
  }

  @Test
  void saysWhichEntryOfABufferIsNotFinite() {
    Buffer a = buffer(Matrix.of(2, 2, 1, 2, 3, Double.NaN), DataType.FLOAT32);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Svd.of("q_proj", a))
        .withMessage("q_proj must hold finite numbers but has NaN at row 1, column 1");
  }

  private static Buffer buffer(Matrix matrix, DataType type) {
    Buffer buffer = Buffer.allocate(type, matrix.shape());
    matrix.copyTo(buffer);
    return buffer;
  }
}
