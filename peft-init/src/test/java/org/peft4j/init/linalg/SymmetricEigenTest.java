package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.peft4j.init.linalg.Matrices.assertClose;
import static org.peft4j.init.linalg.Matrices.assertOrthonormalRows;
import static org.peft4j.init.linalg.Matrices.assertSigned;
import static org.peft4j.init.linalg.Matrices.normal;

import java.util.Arrays;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SymmetricEigenTest {

  static Stream<Matrix> anySymmetricMatrix() {
    Matrix b = normal(1, 8, 8);
    Matrix singular = normal(2, 3, 8);
    return Stream.of(
        b.minus(b.transpose().times(-1)),
        singular.transposeTimes(singular),
        Matrix.identity(4),
        Matrix.diagonal(3, -1, 2, 2),
        Matrix.of(1, 1, -2),
        new Matrix(3, 3, new double[9]));
  }

  @ParameterizedTest
  @MethodSource("anySymmetricMatrix")
  void takesAnySymmetricMatrixApartAndPutsItTogether(Matrix c) {
    SymmetricEigen eigen = SymmetricEigen.ascending("c", c);
    assertOrthonormalRows(eigen.vectors(), 1e-13);
    assertThat(eigen.values()).isSorted();
    assertSigned(eigen.vectors());
    assertClose(
        eigen.vectors().scaleRows(eigen.values()).transposeTimes(eigen.vectors()), c, 1e-13);
  }

  @ParameterizedTest
  @MethodSource("anySymmetricMatrix")
  void turnsTheOrder(Matrix c) {
    SymmetricEigen up = SymmetricEigen.ascending("c", c);
    SymmetricEigen down = SymmetricEigen.descending("c", c);
    int n = c.rows();
    for (int i = 0; i < n; i++) {
      assertThat(down.values()[i]).isEqualTo(up.values()[n - 1 - i]);
      assertThat(down.vectors().rows(i, i + 1).toArray())
          .containsExactly(up.vectors().rows(n - 1 - i, n - i).toArray());
    }
  }

  @Test
  void solvesATwoByTwoByHand() {
    SymmetricEigen eigen = SymmetricEigen.descending("c", Matrix.of(2, 2, 2, 1, 1, 2));
    double half = Math.sqrt(0.5);
    assertThat(eigen.values()).containsExactly(new double[] {3, 1}, Offset.offset(1e-15));
    assertClose(eigen.vectors().rows(0, 1), Matrix.of(1, 2, half, half), 1e-15);
    double[] second = eigen.vectors().rows(1, 2).toArray();
    assertThat(Math.abs(second[0])).isCloseTo(half, Offset.offset(1e-15));
    assertThat(second[1]).isCloseTo(-second[0], Offset.offset(1e-15));
  }

  @Test
  void readsTheUpperTriangleWhereRoundingMadeThemDiffer() {
    double[] values = SymmetricEigen.ascending("c", Matrix.of(2, 2, 1, 0, 1e-5, 1)).values();
    assertThat(values).containsExactly(1, 1);
  }

  @Test
  void leavesItsMatrixAsItWas() {
    Matrix c = Matrix.of(2, 2, 2, 1, 1, 2);
    SymmetricEigen eigen = SymmetricEigen.ascending("c", c);
    Arrays.fill(eigen.values(), 0);
    assertThat(c.toArray()).containsExactly(2, 1, 1, 2);
    assertThat(eigen.values()[1]).isCloseTo(3, Offset.offset(1e-15));
  }

  @Test
  void saysWhyAMatrixIsNotSymmetric() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SymmetricEigen.ascending("covariance of q_proj", Matrix.of(1, 2, 1, 2)))
        .withMessage("covariance of q_proj must be square but is [1, 2]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SymmetricEigen.ascending("c", Matrix.of(2, 2, 1, 2, 3, 4)))
        .withMessage(
            "c must be symmetric but has 3.0 at row 1, column 0 and 2.0 across the diagonal");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SymmetricEigen.ascending("c", Matrix.of(1, 1, Double.NaN)))
        .withMessage("c must hold finite numbers but has NaN at row 0, column 0");
  }
}
