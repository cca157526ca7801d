package org.peft4j.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.lang.ref.WeakReference;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MemoryTest {

  @ParameterizedTest
  @EnumSource(DataType.class)
  void allocatesOnACacheLine(DataType type) {
    try (HostMemory memory = HostMemory.allocate(type, 7)) {
      assertEquals(0, memory.address() % 64);
      assertEquals(memory.address(), memory.pointer().address());
      assertEquals(7, memory.length());
      assertEquals(type, memory.type());
    }
  }

  @Test
  void countsWhatItAllocates() {
    long before = HostMemory.allocations();
    HostMemory whole = HostMemory.allocate(DataType.FLOAT32, 4);
    whole.as(DataType.UINT8, 16);
    assertEquals(before + 1, HostMemory.allocations());
    whole.close();
  }

  @Test
  void readsWhatABufferOccupiesUnderAnotherType() {
    try (HostMemory memory = HostMemory.allocate(DataType.FLOAT32, 4)) {
      Buffer tail = new Buffer(memory, 2, Shape.of(2));
      HostMemory bytes = HostMemory.of(tail).as(DataType.UINT8, 8);
      assertEquals(memory.address() + 8, bytes.address());
      tail.put(new float[] {5, 6});
      assertEquals(5, HostMemory.of(tail).floats().get(0));
    }
  }

  @Test
  void wrapsAnAddress() {
    try (HostMemory memory = HostMemory.allocate(DataType.FLOAT32, 4)) {
      HostMemory tail = HostMemory.at(memory.address() + 8, DataType.FLOAT32, 2, memory);
      tail.floats().put(0, new float[] {5, 6});
      assertEquals(5, memory.floats().get(2));
    }
  }

  @Test
  void keepsItsOwnerAsLongAsThereIsAView() throws InterruptedException {
    Object owner = new Object();
    WeakReference<Object> seen = new WeakReference<>(owner);
    try (HostMemory keeper = HostMemory.allocate(DataType.FLOAT32, 3)) {
      FloatBuffer view = HostMemory.at(keeper.address(), DataType.FLOAT32, 3, owner).floats();
      owner = null;
      System.gc();
      assertNotNull(seen.get());
      assertEquals(3, view.remaining());
      view = null;
      for (int i = 0; i < 100 && seen.get() != null; i++) {
        System.gc();
        Thread.sleep(20);
      }
      assertNull(seen.get());
    }
  }
}
