package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.init.linalg.Matrices.assertClose;
import static org.peft4j.init.linalg.Matrices.normal;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TriangleTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 9, 40})
  void isTheRootOfAPositiveMatrix(int n) {
    Matrix x = normal(1, 3 * n, n);
    Matrix g = x.transposeTimes(x);
    Matrix r = Triangle.cholesky(g, 0, 0).orElseThrow().toMatrix();

    assertClose(r.transposeTimes(r), g, 1e-12 * g.norm());
    assertClose(r, Qr.upperTriangle(r), 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 9, 40})
  void undoesItsInverse(int n) {
    Matrix x = normal(2, 3 * n, n);
    Triangle r = Triangle.cholesky(x.transposeTimes(x), 0, 0).orElseThrow();

    assertClose(r.times(r.inverse()).toMatrix(), Matrix.identity(n), 1e-11);
    assertClose(r.inverse().toMatrix().times(r.toMatrix()), Matrix.identity(n), 1e-11);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN})
  void hasNoRootOfAMatrixThatIsNotPositive(double entry) {
    assertThat(Triangle.cholesky(Matrix.diagonal(2, entry), 0, 0)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1})
  void aShiftMakesAMatrixPositive(double entry) {
    Matrix r = Triangle.cholesky(Matrix.diagonal(7, entry), 2, 0).orElseThrow().toMatrix();

    assertClose(r, Matrix.diagonal(3, Math.sqrt(entry + 2)), 1e-15);
  }
}
