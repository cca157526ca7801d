package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.init.linalg.Matrices.assertClose;
import static org.peft4j.init.linalg.Matrices.assertOrthonormalColumns;
import static org.peft4j.init.linalg.Matrices.decaying;
import static org.peft4j.init.linalg.Matrices.normal;
import static org.peft4j.init.linalg.Matrices.withSpectrum;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.DataType;

class CholeskyQrTest {

  static Stream<Matrix> anyTallMatrix() {
    return Stream.of(
        normal(1, 60, 12),
        normal(2, 60, 1),
        normal(3, 12, 12),
        normal(4, 600, 60),
        normal(5, 60, 12).times(1e-9),
        withSpectrum(6, 80, 10, decaying(10, 0.3)),
        withSpectrum(7, 80, 10, decaying(10, 0.05)),
        withSpectrum(8, 80, 10, 3, 2, 1),
        new Matrix(20, 4, new double[80]));
  }

  @ParameterizedTest
  @MethodSource("anyTallMatrix")
  void takesAnyTallMatrixApartAndPutsItTogether(Matrix a) {
    try (NativeMatrix q = NativeMatrix.copyOf(a, DataType.FLOAT32)) {
      Matrix r = q.factor();

      assertOrthonormalColumns(q.toMatrix(), 2e-6);
      assertClose(q.toMatrix().times(r), a, 2e-6 * a.norm());
      assertThat(Qr.upperTriangle(r).toArray()).containsExactly(r.toArray());
    }
  }

  @Test
  void straighteningKeepsWhatTheColumnsSpan() {
    Matrix a = withSpectrum(6, 80, 6, decaying(6, 0.1));
    Matrix basis = Svd.of("a", a).u();
    try (NativeMatrix x = NativeMatrix.copyOf(a, DataType.FLOAT32)) {
      x.straighten();

      Matrix straight = x.toMatrix();
      assertClose(basis.times(basis.transposeTimes(straight)), straight, 1e-4);
      double[] values = Svd.of("x", straight).singularValues();
      assertThat(values[0] / values[5]).isLessThan(1e4);
    }
  }
}
