package org.peft4j.nd4j;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/** ND4J's arrays as tensors and buffers, and back, over the same memory where that can be. */
public final class Nd4jArrays {

  private Nd4jArrays() {}

  /**
   * A constant over {@code array}: see {@link #buffer}.
   *
   * @throws IllegalArgumentException if the array has a type that tensors do not have
   */
  public static Tensor tensor(INDArray array) {
    return Tensor.of(buffer(array));
  }

  /**
   * A buffer over {@code array}'s own memory where its elements lie one after the other in
   * row-major order, whether it is a view or not; else over a copy. It keeps the array alive, but
   * throws an IllegalStateException when used after that was closed.
   *
   * @throws IllegalArgumentException if the array has a type that buffers do not have
   */
  public static Buffer buffer(INDArray array) {
    return buffer(array, Nd4jTypes.isHostBackend());
  }

  static Buffer buffer(INDArray array, boolean onHost) {
    INDArray plain = isRowMajor(array) ? array : array.dup('c');
    int[] dims = Arrays.stream(plain.shape()).mapToInt(Math::toIntExact).toArray();
    return new Buffer(memory(plain, onHost), 0, Shape.of(dims));
  }

  private static boolean isRowMajor(INDArray array) {
    long step = 1;
    for (int axis = array.rank() - 1; axis >= 0; axis--) {
      if (array.size(axis) != 1 && array.stride(axis) != step) {
        return false;
      }
      step *= array.size(axis);
    }
    return true;
  }

  private static Memory memory(INDArray array, boolean onHost) {
    if (!onHost) {
      return new Nd4jMemory(array);
    }
    org.peft4j.kernel.DataType type = Nd4jTypes.of(array.dataType());
    long address = array.data().address() + array.offset() * type.bytes();
    return HostMemory.at(address, type, array.length(), array, array::wasClosed);
  }

  /**
   * The value of {@code tensor} as an array: see {@link #array(Buffer)}. That of a tape's tensor
   * can be read as long as the tensor's value.
   */
  public static INDArray array(Tensor tensor) {
    return array(tensor.value());
  }

  /**
   * The numbers of {@code buffer} as an array of its shape, over the same memory. It keeps that
   * alive but throws an IllegalStateException when read after the memory was closed, or after the
   * value of a tape is gone.
   *
   * @throws IllegalStateException if ND4J cannot reach the memory
   */
  public static INDArray array(Buffer buffer) {
    long[] shape = Arrays.stream(buffer.shape().dims()).asLongStream().toArray();
    if (!buffer.isHost()) {
      return buffer.lifetime().during(() -> Views.matrix(buffer).reshape('c', shape));
    }
    return buffer.lifetime().during(() -> shown(buffer, shape));
  }

  private static INDArray shown(Buffer buffer, long[] shape) {
    DataBuffer data =
        Nd4j.createBuffer(
            buffer.host().shownPointer(buffer.offset(), buffer.length()),
            buffer.length(),
            Nd4jTypes.to(buffer.type()));
    buffer.lifetime().show();
    buffer.lifetime().endWith(data, Nd4jArrays::end);
    return Nd4j.create(data, shape, Nd4j.getStrides(shape, 'c'), 0, 'c');
  }

  private static void end(DataBuffer data) {
    if (data.closeable()) {
      data.close();
    }
  }
}
