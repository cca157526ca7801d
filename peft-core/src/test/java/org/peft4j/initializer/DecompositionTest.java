package org.peft4j.initializer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DecompositionTest {

  /** Of a matrix [2, 3] with the values 4 and 3. */
  private final Decomposition svd =
      new Decomposition(
          new double[] {0, 1, 1, 0}, new double[] {4, 3}, new double[] {1, 0, 0, 0, 0, 1});

  @Test
  void theLeadingComponentsAreColumnsOfUAndRowsOfVt() {
    Decomposition first = svd.leading(1);

    assertThat(first.u()).containsExactly(0, 1);
    assertThat(first.singularValues()).containsExactly(4);
    assertThat(first.vt()).containsExactly(1, 0, 0);
    assertThat(svd.leading(2)).isSameAs(svd);
  }

  @Test
  void energyIsTheSumOfSquares() {
    assertThat(svd.componentsHolding(16.0 / 25)).isEqualTo(1);
    assertThat(svd.componentsHolding(16.1 / 25)).isEqualTo(2);
    assertThat(svd.componentsHolding(1)).isEqualTo(2);
    assertThat(svd.errorOf(0)).isEqualTo(1);
    assertThat(svd.errorOf(1)).isCloseTo(0.6, within(1e-15));
    assertThat(svd.errorOf(2)).isZero();
  }

  @Test
  void nothingIsHeldByOneComponentWithoutError() {
    Decomposition nothing =
        new Decomposition(new double[] {1, 0}, new double[] {0}, new double[] {1, 0});

    assertThat(nothing.componentsHolding(1)).isEqualTo(1);
    assertThat(nothing.errorOf(0)).isZero();
  }

  @Test
  void rejectsVectorsThatDoNotGoWithTheValues() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Decomposition(new double[4], new double[2], new double[5]))
        .withMessage("2 singular values do not go with 4 and 5 numbers");
  }

  @Test
  void saysWhatToAddWhereNoDecomposerIsThere() {
    assertThatIllegalStateException()
        .isThrownBy(() -> Decomposer.requiredBy("svfit"))
        .withMessage(
            "svfit needs a singular value decomposition, but there is no Decomposer on the class"
                + " path; add peft-init");
  }
}
