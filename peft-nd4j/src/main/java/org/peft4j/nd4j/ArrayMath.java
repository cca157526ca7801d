package org.peft4j.nd4j;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** What all of the ND4J kernels do with arrays. */
final class ArrayMath {

  private ArrayMath() {}

  /**
   * The matrix [rows, columns] inside {@code array}'s memory that starts at element {@code first}
   * and whose rows lie {@code stride} elements apart.
   *
   * <p>{@code INDArray.get} with two intervals will not do: where the first holds one index above 0
   * it returns an empty array.
   */
  static INDArray window(INDArray array, long first, long rows, long columns, long stride) {
    long[] shape = {rows, columns};
    long[] strides = {stride, 1};
    return Nd4j.create(array.data(), shape, strides, array.offset() + first, 'c');
  }

  /** A vector [n] as a column [n, 1]. */
  static INDArray column(Buffer vector) {
    return Views.matrix(vector.reshape(Shape.of(Math.toIntExact(vector.length()), 1)));
  }

  /** A vector [d] as a row [1, d]. */
  static INDArray row(Buffer vector) {
    return Views.matrix(vector.reshape(Shape.of(1, Math.toIntExact(vector.length()))));
  }

  /** Puts {@code result}, which it leaves alone, into an array of equal shape. */
  static void write(INDArray result, Write write, INDArray out) {
    INDArray typed = result.castTo(out.dataType());
    INDArray scaled = write.scale() == 1 ? typed : typed.mul(write.scale());
    if (write.accumulate()) {
      out.addi(scaled);
    } else {
      out.assign(scaled);
    }
  }

  /**
   * {@code out = op(a)·op(b)} of row-major arrays, where op transposes if the flag says so.
   *
   * <p>BLAS is column-major, and a row-major matrix read by columns is its transpose: {@code outᵀ =
   * op(b)ᵀ·op(a)ᵀ} copies nothing, while ND4J's own product would copy into row-major order.
   */
  static void product(
      INDArray a, boolean transposeA, INDArray b, boolean transposeB, Write write, INDArray out) {
    double beta = write.accumulate() ? 1 : 0;
    Nd4j.gemm(
        b.transpose(), a.transpose(), out.transpose(), transposeB, transposeA, write.scale(), beta);
  }

  /** {@code 1 / sqrt(mean(x²) + ε)} of every row: x [n, d] to [n, 1]. */
  static INDArray inverseRootMeanSquare(INDArray x, double epsilon) {
    return Transforms.sqrt(x.mul(x).mean(true, 1).addi(epsilon), false).rdivi(1);
  }

  /**
   * Turns rows of scores into {@code exp(score - max)}, in place: positive numbers of which none
   * overflows.
   *
   * @return their sums, [n, 1]
   */
  static INDArray exponentials(INDArray scores) {
    Transforms.exp(scores.subiColumnVector(scores.max(true, 1)), false);
    return scores.sum(true, 1);
  }
}
