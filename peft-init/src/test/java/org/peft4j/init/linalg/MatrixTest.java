package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.peft4j.init.linalg.Matrices.assertClose;
import static org.peft4j.init.linalg.Matrices.normal;

import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

class MatrixTest {

  private static final Matrix A = Matrix.of(2, 3, 1, 2, 3, 4, 5, 6);

  @Test
  void multiplies() {
    Matrix product = A.times(Matrix.of(3, 2, 1, 0, 0, 1, 2, 2));
    assertThat(product.toArray()).containsExactly(7, 8, 16, 17);
    assertThat(product.shape()).isEqualTo(Shape.of(2, 2));
  }

  @Test
  void multipliesTransposedMatrices() {
    Matrix b = normal(1, 5, 3);
    Matrix c = normal(2, 2, 4);
    assertClose(A.timesTranspose(b), A.times(b.transpose()), 1e-14);
    assertClose(A.transposeTimes(c), A.transpose().times(c), 1e-14);
  }

  @Test
  void multipliesRowsAndColumns() {
    assertThat(Matrix.of(1, 3, 1, 2, 3).times(Matrix.of(3, 1, 4, 5, 6)).toArray())
        .containsExactly(32);
    assertThat(Matrix.of(2, 1, 1, 2).times(Matrix.of(1, 2, 3, 4)).toArray())
        .containsExactly(3, 4, 6, 8);
  }

  @Test
  void scalesSubtractsAndTransposes() {
    assertThat(A.scaleRows(new double[] {10, 100}).toArray())
        .containsExactly(10, 20, 30, 400, 500, 600);
    assertThat(A.scaleColumns(new double[] {1, 10, 100}).toArray())
        .containsExactly(1, 20, 300, 4, 50, 600);
    assertThat(A.times(2).minus(A).toArray()).containsExactly(A.toArray());
    assertThat(A.transpose().toArray()).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(A.norm()).isEqualTo(Math.sqrt(91));
  }

  @Test
  void cutsRowsAndColumns() {
    assertThat(A.rows(1, 2).toArray()).containsExactly(4, 5, 6);
    assertThat(A.columns(1, 3).toArray()).containsExactly(2, 3, 5, 6);
    assertThat(A.get(1, 0)).isEqualTo(4);
  }

  @Test
  void readsAndWritesBuffersOfBothTypes() {
    Buffer narrow = Buffer.allocate(DataType.FLOAT32, Shape.of(2, 1, 3));
    Buffer wide = Buffer.allocate(DataType.FLOAT64, Shape.of(2, 3));
    A.times(0.1).copyTo(narrow);
    A.times(0.1).copyTo(wide);
    assertThat(Matrix.of(narrow).get(0, 2)).isEqualTo(3 * 0.1f);
    assertThat(Matrix.of(narrow).shape()).isEqualTo(Shape.of(2, 3));
    assertThat(Matrix.of(wide).get(0, 2)).isEqualTo(3 * 0.1);
  }

  @Test
  void keepsItsNumbersToItself() {
    double[] mine = {1, 2};
    Matrix matrix = Matrix.of(1, 2, mine);
    mine[0] = 7;
    matrix.toArray()[1] = 7;
    assertThat(matrix.toArray()).containsExactly(1, 2);
  }

  @Test
  void saysWhatDoesNotFit() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> A.times(A))
        .withMessage("cannot multiply [2, 3] and [2, 3]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> A.timesTranspose(A.transpose()))
        .withMessage("cannot multiply [2, 3] and [3, 2]ᵀ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> A.transposeTimes(A.transpose()))
        .withMessage("cannot multiply [2, 3]ᵀ and [3, 2]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> A.minus(A.transpose()))
        .withMessage("cannot subtract [3, 2] from [2, 3]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> A.scaleRows(new double[3]))
        .withMessage("need one factor for each of 2 rows but got 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> A.scaleColumns(new double[2]))
        .withMessage("need one factor for each of 3 columns but got 2");
  }

  @Test
  void hasAtLeastOneEntryAndExactlyThoseOfItsShape() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.of(0, 3))
        .withMessage("a matrix has at least one row and one column but got [0, 3]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.of(2, 2, 1, 2, 3))
        .withMessage("[2, 2] holds 4 numbers but got 3");
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> A.get(0, 3));
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> A.rows(1, 3));
  }

  @Test
  void refusesNativeMatricesAbove2GiB() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NativeMatrix.allocate(DataType.FLOAT64, 20_000, 20_000))
        .withMessage(
            "a matrix must fit into 2 GiB but [20000, 20000] in FLOAT64 takes 3200000000 bytes");
  }
}
