package org.peft4j.nd4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

class Nd4jArraysTest {

  @Test
  void sharesTheMemoryOfAnArray() {
    INDArray array = Nd4j.createFromArray(new float[][] {{1, 2, 3}, {4, 5, 6}});
    Buffer buffer = Nd4jArrays.buffer(array);
    assertEquals(Shape.of(2, 3), buffer.shape());
    buffer.floats().put(4, 50);
    assertEquals(50, array.getFloat(1, 1));
    array.putScalar(0, 2, 30);
    assertArrayEquals(new float[] {1, 2, 30, 4, 50, 6}, buffer.toFloats());
  }

  @Test
  void keepsTheShapeOfAnArrayOfAnyRank() {
    assertEquals(Shape.of(), Nd4jArrays.buffer(Nd4j.scalar(3.5)).shape());
    assertEquals(3.5, Nd4jArrays.buffer(Nd4j.scalar(3.5)).toDoubles()[0]);
    assertEquals(Shape.of(4), Nd4jArrays.buffer(Nd4j.createFromArray(1f, 2f, 3f, 4f)).shape());
    assertEquals(Shape.of(2, 3, 4), Nd4jArrays.buffer(Nd4j.zeros(2, 3, 4)).shape());
  }

  @Test
  void copiesAColumnMajorArray() {
    INDArray array = Nd4j.createFromArray(new double[][] {{1, 2, 3}, {4, 5, 6}}).dup('f');
    Buffer buffer = Nd4jArrays.buffer(array);
    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, buffer.toDoubles());
    array.muli(10);
    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, buffer.toDoubles());
  }

  @Test
  void copiesATransposedArray() {
    INDArray array = Nd4j.createFromArray(new double[][] {{1, 2, 3}, {4, 5, 6}}).transpose();
    Buffer buffer = Nd4jArrays.buffer(array);
    assertEquals(Shape.of(3, 2), buffer.shape());
    assertArrayEquals(new double[] {1, 4, 2, 5, 3, 6}, buffer.toDoubles());
  }

  @Test
  void copiesAView() {
    INDArray array = Nd4j.createFromArray(new double[][] {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
    INDArray view = array.get(NDArrayIndex.interval(0, 2), NDArrayIndex.interval(1, 3));
    Buffer buffer = Nd4jArrays.buffer(view);
    assertArrayEquals(new double[] {2, 3, 5, 6}, buffer.toDoubles());
    buffer.put(new double[4]);
    assertEquals(2, array.getDouble(0, 1));
  }

  @Test
  void sharesItsElementsWithItsMatrix() {
    Buffer buffer = counting(DataType.FLOAT32, 4, 3).rows(1, 3);
    INDArray matrix = Nd4jArrays.array(buffer);
    assertEquals(Nd4j.createFromArray(new float[][] {{3, 4, 5}, {6, 7, 8}}), matrix);
    matrix.addi(100);
    assertArrayEquals(new float[] {103, 104, 105, 106, 107, 108}, buffer.toFloats());
    buffer.floats().put(0, -1);
    assertEquals(-1, matrix.getFloat(0, 0));
  }

  @Test
  void showsSingleRowsAsMatrices() {
    Buffer buffer = counting(DataType.FLOAT64, 4, 3);
    for (int i = 0; i < 4; i++) {
      INDArray row = Nd4jArrays.array(buffer.rows(i, i + 1));
      assertArrayEquals(new long[] {1, 3}, row.shape());
      assertEquals(3 * i + 2, row.getDouble(0, 2));
    }
  }

  @Test
  void keepsDoublesExactOnADevice() {
    Memory device = new Nd4jMemory(Nd4j.createFromArray(0.0, 0.0, 0.0));
    Buffer buffer = new Buffer(device, 1, Shape.of(2));
    buffer.put(new double[] {0.1, 0.2});
    assertArrayEquals(new double[] {0.1, 0.2}, buffer.toDoubles());
    buffer.put(new float[] {3, 4});
    assertArrayEquals(new float[] {3, 4}, buffer.toFloats());
  }

  @Test
  void sharesFloatsWithItsArray() {
    try (HostMemory memory = HostMemory.allocate(DataType.FLOAT32, 5)) {
      memory.floats().put(0, new float[] {1, 2, 3, 4, 5});
      INDArray array = Nd4jArrays.array(over(memory));
      assertEquals(Nd4j.createFromArray(1f, 2f, 3f, 4f, 5f), array);
      array.muli(10);
      assertEquals(30, memory.floats().get(2));
      memory.floats().put(4, -1);
      assertEquals(-1, array.getFloat(4));
    }
  }

  @Test
  void sharesDoublesWithItsArray() {
    try (HostMemory memory = HostMemory.allocate(DataType.FLOAT64, 3)) {
      memory.doubles().put(0, new double[] {0.1, 0.2, 0.3});
      INDArray array = Nd4jArrays.array(over(memory));
      assertEquals(Nd4j.createFromArray(0.1, 0.2, 0.3), array);
      array.addi(1);
      assertEquals(1.2, memory.doubles().get(1));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"FLOAT8_E4M3", "FLOAT8_E5M2"})
  void showsEveryTypeOfNd4jAsAnArray(DataType type) {
    try (HostMemory memory = HostMemory.allocate(type, 6)) {
      assertEquals(Nd4jTypes.to(type), Nd4jArrays.array(over(memory)).dataType());
      assertEquals(6, Nd4jArrays.array(over(memory)).length());
      assertEquals(memory.address(), Nd4jArrays.array(over(memory)).data().address());
    }
  }

  @Test
  void keepsItsOwnerAsLongAsThereIsAnArray() throws InterruptedException {
    INDArray keeper = Nd4j.createFromArray(1f, 2f, 3f);
    Object owner = new Object();
    WeakReference<Object> seen = new WeakReference<>(owner);
    HostMemory memory = HostMemory.at(keeper.data().address(), DataType.FLOAT32, 3, owner);
    INDArray array = Nd4jArrays.array(over(memory)).reshape(3, 1);
    owner = null;
    memory = null;
    System.gc();
    assertNotNull(seen.get());
    assertEquals(6, array.sumNumber().doubleValue());
    array = null;
    for (int i = 0; i < 100 && seen.get() != null; i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertNull(seen.get());
  }

  @Test
  void wrapsTheMemoryOfAnArray() {
    INDArray array = Nd4j.createFromArray(1f, 2f, 3f);
    HostMemory memory = Nd4jArrays.buffer(array).host();
    memory.floats().put(1, 20);
    assertEquals(20, array.getFloat(1));
    assertEquals(DataType.FLOAT32, memory.type());
  }

  @Test
  void wrapsTheMemoryOfAContiguousView() {
    INDArray array = Nd4j.arange(12).castTo(org.nd4j.linalg.api.buffer.DataType.DOUBLE);
    INDArray view = array.get(NDArrayIndex.interval(4, 9));
    double first = view.getDouble(0);
    HostMemory memory = Nd4jArrays.buffer(view).host();
    assertEquals(5, memory.length());
    assertEquals(first, memory.doubles().get(0));
    memory.doubles().put(1, -7);
    assertEquals(-7, array.getDouble(5));
  }

  @Test
  void rejectsAnArrayOfAnUnknownType() {
    INDArray array = Nd4j.zeros(org.nd4j.linalg.api.buffer.DataType.UINT32, 2);
    Exception e = assertThrows(IllegalArgumentException.class, () -> Nd4jArrays.buffer(array));
    assertEquals("arrays of type UINT32 are not supported", e.getMessage());
  }

  @Test
  void hasNoAddressOnADevice() {
    Buffer buffer = Nd4jArrays.buffer(Nd4j.createFromArray(1f, 2f), false);
    assertFalse(buffer.isHost());
    Exception e = assertThrows(IllegalStateException.class, buffer::address);
    assertEquals("this memory lies on a device and has no host address", e.getMessage());
  }

  @Test
  void keepsIntegersOnADevice() {
    Buffer buffer = new Buffer(new Nd4jMemory(Nd4j.createFromArray(1, 2, 3)), 1, Shape.of(2));
    assertArrayEquals(new int[] {2, 3}, buffer.toInts());
    buffer.put(new int[] {-7, Integer.MAX_VALUE});
    assertArrayEquals(new int[] {-7, Integer.MAX_VALUE}, buffer.toInts());
  }

  @Test
  void sharesAViewWhoseElementsLieInRowOrder() {
    INDArray all = Nd4j.arange(12).castTo(org.nd4j.linalg.api.buffer.DataType.FLOAT);
    INDArray columns = all.get(NDArrayIndex.interval(2, 8)).reshape('f', 3, 2);

    Buffer buffer = Nd4jArrays.buffer(columns.transpose());

    assertEquals(Shape.of(2, 3), buffer.shape());
    assertArrayEquals(new float[] {2, 3, 4, 5, 6, 7}, buffer.toFloats());
    buffer.put(new float[6]);
    assertEquals(0, columns.getFloat(2, 1));
    assertEquals(0, all.getFloat(7));
    assertEquals(8, all.getFloat(8));
  }

  @Test
  void refusesAnArrayThatItsOwnerHasClosed() {
    INDArray array = Nd4j.createFromArray(1f, 2f);
    Buffer buffer = Nd4jArrays.buffer(array);
    array.close();

    assertThrows(IllegalStateException.class, buffer::toFloats);
  }

  @Test
  void refusesTheArrayOfAMemoryThatIsClosed() {
    Buffer buffer = counting(DataType.FLOAT32, 2, 3);
    INDArray array = Nd4jArrays.array(buffer);
    buffer.memory().close();

    assertThrows(IllegalStateException.class, () -> array.getFloat(4));
    assertThrows(IllegalStateException.class, () -> array.add(1));
    assertThrows(IllegalStateException.class, () -> Nd4jArrays.array(buffer));
  }

  @Test
  void refusesTheArrayOfAValueThatATapeHasTakenBack() {
    Tensor x = Nd4jArrays.tensor(Nd4j.createFromArray(1f, 2f, 3f, 4f));
    try (Tape t = Tape.inference(KernelSets.forType(DataType.FLOAT32))) {
      INDArray ended = Nd4jArrays.array(t.add(x, x));
      t.reset();
      t.activate(Activation.TANH, x);
      assertThrows(IllegalStateException.class, () -> ended.getFloat(1));
    }
    Tape closed = Tape.inference(KernelSets.forType(DataType.FLOAT32));
    Tensor y = closed.add(x, x);
    INDArray array = Nd4jArrays.array(y);
    INDArray again = Nd4jArrays.array(y).reshape(2, 2);
    closed.close();
    assertThrows(IllegalStateException.class, () -> Nd4jArrays.array(y));
    assertThrows(IllegalStateException.class, () -> array.getFloat(1));
    assertEquals(8, again.getFloat(1, 1), "what was made of the array shows old numbers");
  }

  @Test
  void comesBackAsAnArrayOverTheSameMemory() {
    INDArray array = Nd4j.createFromArray(new float[][][] {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}});
    INDArray back = Nd4jArrays.array(Nd4jArrays.tensor(array));
    assertEquals(array, back);
    back.addi(10);
    assertEquals(18, array.getFloat(1, 1, 1));
    array.putScalar(new int[] {0, 0, 0}, -1);
    assertEquals(-1, back.getFloat(0, 0, 0));
  }

  @Test
  void seesWhatIsWrittenToTheArray() {
    INDArray array = Nd4j.createFromArray(new double[][] {{1, 2}, {3, 4}});
    Tensor tensor = Nd4jArrays.tensor(array);
    array.muli(2);
    assertArrayEquals(new double[] {2, 4, 6, 8}, tensor.value().toDoubles());
  }

  @Test
  void showsTheArrayWhatIsWrittenToIt() {
    INDArray array = Nd4j.createFromArray(new double[][] {{1, 2}, {3, 4}});
    Nd4jArrays.tensor(array).value().put(new double[] {5, 6, 7, 8});
    assertEquals(Nd4j.createFromArray(new double[][] {{5, 6}, {7, 8}}), array);
  }

  @Test
  void copiesAColumnMajorArrayInRowOrder() {
    INDArray array = Nd4j.createFromArray(new float[][] {{1, 2, 3}, {4, 5, 6}}).dup('f');
    Tensor tensor = Nd4jArrays.tensor(array);
    array.muli(10);
    assertEquals(Shape.of(2, 3), tensor.shape());
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, tensor.value().toFloats());
  }

  @Test
  void showsAScalarAsAnArray() {
    INDArray array = Nd4jArrays.array(Tensor.of(new double[] {2.5}));
    assertEquals(0, array.rank());
    assertEquals(2.5, array.getDouble());
  }

  /** Elements 0, 1, 2 and so on. */
  private static Buffer counting(DataType type, int rows, int columns) {
    Buffer buffer = Buffer.allocate(type, Shape.of(rows, columns));
    double[] values = new double[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    buffer.put(values);
    return buffer;
  }

  private static Buffer over(HostMemory memory) {
    return new Buffer(memory, 0, Shape.of((int) memory.length()));
  }
}
