package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.testkit.NativeGarbage;

class PackedWeightTest {

  @Test
  void aPackedWeightIsFreeOnceItIsClosed() throws InterruptedException {
    Buffer weight = matrix(512);
    Buffer x = matrix(512);
    Buffer y = matrix(512);
    FrozenWeight frozen = KernelSets.forType(DataType.FLOAT32).freeze(weight);
    NativeGarbage.free();
    long before = Pointer.totalBytes();
    frozen.apply(x, Write.SET, y);
    assertThat(Pointer.totalBytes() - before).isGreaterThan(500_000);

    frozen.close();
    frozen.close();

    assertThat(Pointer.totalBytes() - before).isLessThan(500_000);
    assertThatIllegalStateException().isThrownBy(() -> frozen.apply(x, Write.SET, y));
  }

  private static Buffer matrix(int size) {
    return Buffer.allocate(DataType.FLOAT32, Shape.of(size, size));
  }
}
