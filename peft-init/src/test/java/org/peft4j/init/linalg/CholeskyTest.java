package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.peft4j.init.linalg.Matrices.assertClose;
import static org.peft4j.init.linalg.Matrices.normal;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CholeskyTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 120})
  void takesAPositiveDefiniteMatrixApartAndPutsItTogether(int n) {
    Matrix c = positiveDefinite(n);
    Matrix l = Cholesky.of("c", c).l();
    assertClose(l.timesTranspose(l), c, 1e-12 * n);
    for (int i = 0; i < n; i++) {
      assertThat(l.get(i, i)).isPositive();
      for (int j = i + 1; j < n; j++) {
        assertThat(l.get(i, j)).isZero();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 120})
  void solves(int n) {
    Matrix c = positiveDefinite(n);
    Matrix x = normal(3, n, 4);
    assertClose(Cholesky.of("c", c).solve(c.times(x)), x, 1e-11);
  }

  private static Matrix positiveDefinite(int n) {
    Matrix x = normal(n, n + 5, n);
    return x.transposeTimes(x).minus(Matrix.identity(n).times(-1));
  }

  @Test
  void findsTheFactorByHand() {
    Matrix l = Cholesky.of("c", Matrix.of(2, 2, 4, 2, 2, 5)).l();
    assertThat(l.toArray()).containsExactly(2, 0, 1, 2);
  }

  @Test
  void saysWhichMatrixIsNotPositiveDefinite() {
    Matrix singular = Matrix.of(3, 3, 1, 0, 0, 0, 1, 1, 0, 1, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Cholesky.of("covariance of q_proj", singular))
        .withMessage(
            "covariance of q_proj [3, 3] must be positive definite, but its leading minor of order"
                + " 3 is not above 0; add a little to its diagonal");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Cholesky.of("c", Matrix.of(1, 2, 1, 2)))
        .withMessage("c must be square but is [1, 2]");
  }

  @Test
  void rejectsARightSideOfAnotherHeight() {
    Cholesky cholesky = Cholesky.of("c", Matrix.identity(3));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cholesky.solve(normal(1, 2, 3)))
        .withMessage("cannot solve C·X = B with C [3, 3] and B [2, 3]");
  }
}
