package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.peft4j.init.linalg.Matrices.assertClose;
import static org.peft4j.init.linalg.Matrices.assertOrthonormalColumns;
import static org.peft4j.init.linalg.Matrices.normal;
import static org.peft4j.init.linalg.Matrices.withSpectrum;

import java.util.stream.Stream;
import org.bytedeco.openblas.global.openblas;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Shape;

class QrTest {

  static Stream<Matrix> anyMatrix() {
    return Stream.of(
        normal(1, 7, 7),
        normal(2, 12, 5),
        normal(3, 5, 12),
        normal(4, 1, 6),
        normal(5, 6, 1),
        normal(6, 1, 1),
        normal(7, 90, 60),
        normal(8, 60, 90),
        withSpectrum(9, 9, 7, 3, 2, 1),
        Matrix.diagonal(-1, 4, 0, 2),
        new Matrix(3, 4, new double[12]));
  }

  @ParameterizedTest
  @MethodSource("anyMatrix")
  void takesAnyMatrixApartAndPutsItTogether(Matrix a) {
    Qr qr = Qr.of("a", a);
    int m = Math.min(a.rows(), a.columns());
    assertThat(qr.q().shape()).isEqualTo(Shape.of(a.rows(), m));
    assertThat(qr.r().shape()).isEqualTo(Shape.of(m, a.columns()));
    assertOrthonormalColumns(qr.q(), 1e-13);
    assertClose(qr.q().times(qr.r()), a, 1e-13);
    assertClose(Qr.upperTriangle(qr.r()), qr.r(), 0);
  }

  @ParameterizedTest
  @MethodSource("anyMatrix")
  void hasTheSignsOfGeqrf(Matrix a) {
    double[] r = a.toArray();
    openblas.LAPACKE_dgeqrf(
        openblas.LAPACK_ROW_MAJOR,
        a.rows(),
        a.columns(),
        r,
        a.columns(),
        new double[Math.min(a.rows(), a.columns())]);
    Matrix ours = Qr.of("a", a).r();
    Matrix theirs = new Matrix(a.rows(), a.columns(), r).rows(0, ours.rows());
    assertClose(ours, Qr.upperTriangle(theirs), 1e-13);
  }

  @Test
  void reflectsAPositiveColumnToANegativeDiagonal() {
    Qr qr = Qr.of("a", Matrix.of(2, 1, 3, 4));
    assertClose(qr.r(), Matrix.of(1, 1, -5), 1e-15);
    assertClose(qr.q(), Matrix.of(2, 1, -0.6, -0.8), 1e-15);
  }

  @Test
  void saysWhichEntryIsNotFinite() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Qr.of("q_proj", Matrix.of(1, 2, 1, Double.POSITIVE_INFINITY)))
        .withMessage("q_proj must hold finite numbers but has Infinity at row 0, column 1");
  }
}
