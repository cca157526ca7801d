package org.peft4j.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.kernel.Shape;

/** Arrays of ND4J as tensors and back, on a CPU. */
class TensorOfArrayTest {

  @Test
  void comesBackAsAnArrayOverTheSameMemory() {
    INDArray array = Nd4j.createFromArray(new float[][][] {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}});
    INDArray back = Tensor.ofINDArray(array).toINDArray();
    assertEquals(array, back);
    back.addi(10);
    assertEquals(18, array.getFloat(1, 1, 1));
    array.putScalar(new int[] {0, 0, 0}, -1);
    assertEquals(-1, back.getFloat(0, 0, 0));
  }

  @Test
  void seesWhatIsWrittenToTheArray() {
    INDArray array = Nd4j.createFromArray(new double[][] {{1, 2}, {3, 4}});
    Tensor tensor = Tensor.ofINDArray(array);
    array.muli(2);
    assertArrayEquals(new double[] {2, 4, 6, 8}, tensor.value().toDoubles());
  }

  @Test
  void showsTheArrayWhatIsWrittenToIt() {
    INDArray array = Nd4j.createFromArray(new double[][] {{1, 2}, {3, 4}});
    Tensor.ofINDArray(array).value().put(new double[] {5, 6, 7, 8});
    assertEquals(Nd4j.createFromArray(new double[][] {{5, 6}, {7, 8}}), array);
  }

  @Test
  void copiesAColumnMajorArrayInRowOrder() {
    INDArray array = Nd4j.createFromArray(new float[][] {{1, 2, 3}, {4, 5, 6}}).dup('f');
    Tensor tensor = Tensor.ofINDArray(array);
    array.muli(10);
    assertEquals(Shape.of(2, 3), tensor.shape());
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, tensor.value().toFloats());
  }

  @Test
  void copiesAView() {
    INDArray array = Nd4j.createFromArray(new float[][] {{1, 2, 3}, {4, 5, 6}});
    Tensor tensor = Tensor.ofINDArray(array.get(NDArrayIndex.all(), NDArrayIndex.interval(1, 3)));
    array.muli(10);
    assertArrayEquals(new float[] {2, 3, 5, 6}, tensor.value().toFloats());
  }

  @Test
  void showsAScalarAsAnArray() {
    INDArray array = Tensor.of(new double[] {2.5}).toINDArray();
    assertEquals(0, array.rank());
    assertEquals(2.5, array.getDouble());
  }
}
