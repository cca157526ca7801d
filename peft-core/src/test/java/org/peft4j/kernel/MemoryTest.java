package org.peft4j.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class MemoryTest {

  @ParameterizedTest
  @EnumSource(DataType.class)
  void allocatesOnACacheLine(DataType type) {
    try (Memory memory = Memory.allocate(type, 7)) {
      assertTrue(memory.isHost());
      assertEquals(0, memory.address() % 64);
      assertEquals(memory.address(), memory.pointer().address());
      assertEquals(7, memory.length());
      assertEquals(type, memory.type());
    }
  }

  @Test
  void countsWhatItAllocates() {
    long before = Memory.allocations();
    Memory.allocate(DataType.FLOAT32, 1).close();
    Memory.of(Nd4j.createFromArray(1f, 2f));
    assertEquals(before + 1, Memory.allocations());
  }

  @Test
  void sharesFloatsWithItsArray() {
    try (Memory memory = Memory.allocate(DataType.FLOAT32, 5)) {
      memory.floats().put(0, new float[] {1, 2, 3, 4, 5});
      INDArray array = memory.array();
      assertEquals(Nd4j.createFromArray(1f, 2f, 3f, 4f, 5f), array);
      array.muli(10);
      assertEquals(30, memory.floats().get(2));
      memory.floats().put(4, -1);
      assertEquals(-1, array.getFloat(4));
    }
  }

  @Test
  void sharesDoublesWithItsArray() {
    try (Memory memory = Memory.allocate(DataType.FLOAT64, 3)) {
      memory.doubles().put(0, new double[] {0.1, 0.2, 0.3});
      INDArray array = memory.array();
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
    try (Memory memory = Memory.allocate(type, 6)) {
      assertEquals(Nd4jTypes.to(type), memory.array().dataType());
      assertEquals(6, memory.array().length());
      assertEquals(memory.address(), memory.array().data().address());
    }
  }

  @Test
  void keepsItsOwnerAsLongAsThereIsAnArray() throws InterruptedException {
    INDArray keeper = Nd4j.createFromArray(1f, 2f, 3f);
    Object owner = new Object();
    WeakReference<Object> seen = new WeakReference<>(owner);
    INDArray array =
        Memory.at(keeper.data().address(), DataType.FLOAT32, 3, owner).array().reshape(3, 1);
    owner = null;
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
    Memory memory = Memory.of(array);
    memory.floats().put(1, 20);
    assertEquals(20, array.getFloat(1));
    assertEquals(DataType.FLOAT32, memory.type());
  }

  @Test
  void wrapsTheMemoryOfAContiguousView() {
    INDArray array = Nd4j.arange(12).castTo(org.nd4j.linalg.api.buffer.DataType.DOUBLE);
    INDArray view = array.get(NDArrayIndex.interval(4, 9));
    double first = view.getDouble(0);
    Memory memory = Memory.of(view);
    assertEquals(5, memory.length());
    assertEquals(first, memory.doubles().get(0));
    memory.doubles().put(1, -7);
    assertEquals(-7, array.getDouble(5));
  }

  @Test
  void wrapsAnAddress() {
    try (Memory memory = Memory.allocate(DataType.FLOAT32, 4)) {
      Memory tail = Memory.at(memory.address() + 8, DataType.FLOAT32, 2, memory);
      tail.floats().put(0, new float[] {5, 6});
      assertEquals(5, memory.floats().get(2));
      assertEquals(6, tail.array().getFloat(1));
    }
  }

  @Test
  void rejectsAnArrayOfAnUnknownType() {
    INDArray array = Nd4j.zeros(org.nd4j.linalg.api.buffer.DataType.UINT32, 2);
    Exception e = assertThrows(IllegalArgumentException.class, () -> Memory.of(array));
    assertEquals("arrays of type UINT32 are not supported", e.getMessage());
  }

  @Test
  void hasNoPointerOnADevice() {
    Memory memory = Memory.of(Nd4j.createFromArray(1f, 2f), false);
    assertFalse(memory.isHost());
    Exception e = assertThrows(IllegalStateException.class, memory::pointer);
    assertEquals("this memory lies on a device and has no host address", e.getMessage());
  }
}
