package org.peft4j.kernel;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A run of elements of one type outside the Java heap. Host memory has an address and can be read
 * in loops; memory of an ND4J backend on a device has neither and is reached through {@link
 * #array()} alone.
 *
 * <p>Closing host memory that was allocated here frees it; memory that wraps somebody else's is
 * only let go.
 */
public final class Memory implements AutoCloseable {

  /** Vector kernels like their data on cache lines. */
  private static final int ALIGNMENT = 64;

  private static final AtomicLong ALLOCATIONS = new AtomicLong();

  private static final Cleaner KEEPER = Cleaner.create();

  private final DataType type;
  private final long length;
  private final long address;
  private final @Nullable Object owner;
  private @Nullable Pointer pointer;
  private @Nullable INDArray array;
  private @Nullable FloatBuffer floats;
  private @Nullable DoubleBuffer doubles;
  private @Nullable ShortBuffer shorts;

  private Memory(DataType type, long length, long address, @Nullable Object owner) {
    this.type = type;
    this.length = length;
    this.address = address;
    this.owner = owner;
  }

  /** Fresh host memory, not cleared. */
  public static Memory allocate(DataType type, long length) {
    BytePointer block = new BytePointer(Math.max(1, length * type.bytes()) + ALIGNMENT);
    ALLOCATIONS.incrementAndGet();
    long address = (block.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return new Memory(type, length, address, block);
  }

  /** Host memory that {@code owner} keeps alive, starting at {@code address}. */
  public static Memory at(long address, DataType type, long length, Object owner) {
    return new Memory(type, length, address, new Borrowed(owner));
  }

  /** The memory of a contiguous row-major {@code array}; on a CPU backend without a copy. */
  public static Memory of(INDArray array) {
    return of(array, Nd4jTypes.isHostBackend());
  }

  static Memory of(INDArray array, boolean onHost) {
    DataType type = Nd4jTypes.of(array.dataType());
    long address = onHost ? array.data().address() + array.offset() * type.bytes() : 0;
    Memory memory = new Memory(type, array.length(), address, new Borrowed(array));
    memory.array = onHost ? null : array.reshape(array.length());
    return memory;
  }

  /** How many blocks of host memory this class has allocated so far in this process. */
  public static long allocations() {
    return ALLOCATIONS.get();
  }

  public DataType type() {
    return type;
  }

  /** Number of elements. */
  public long length() {
    return length;
  }

  /** Whether {@link #address()} and the views of the JDK work. */
  public boolean isHost() {
    return address != 0;
  }

  /** Where the first element lies; 0 for device memory. */
  public long address() {
    return address;
  }

  /** The elements as floats, starting at index 0. */
  public FloatBuffer floats() {
    if (floats == null) {
      floats = new FloatPointer(pointer()).asBuffer();
      keepAliveWith(floats, owner);
    }
    return floats;
  }

  /** The elements as doubles, starting at index 0. */
  public DoubleBuffer doubles() {
    if (doubles == null) {
      doubles = new DoublePointer(pointer()).asBuffer();
      keepAliveWith(doubles, owner);
    }
    return doubles;
  }

  /** The bits of 16-bit elements, starting at index 0. */
  public ShortBuffer shorts() {
    if (shorts == null) {
      shorts = new ShortPointer(pointer()).asBuffer();
      keepAliveWith(shorts, owner);
    }
    return shorts;
  }

  /** The elements as a flat ND4J array over the same memory. */
  public INDArray array() {
    if (array == null) {
      DataBuffer buffer = Nd4j.createBuffer(pointer(), length, Nd4jTypes.to(type));
      keepAliveWith(buffer, owner);
      array = Nd4j.create(buffer, new long[] {length});
    }
    return array;
  }

  /** The memory as a native pointer, for libraries that take one. */
  public Pointer pointer() {
    if (address == 0) {
      throw new IllegalStateException("this memory lies on a device and has no host address");
    }
    if (pointer == null) {
      pointer =
          switch (type) {
            case FLOAT32 -> new Address(address, length).asFloats();
            case FLOAT64 -> new Address(address, length).asDoubles();
            case FLOAT16, BFLOAT16 -> new Address(address, length).asShorts();
            default -> new Address(address, length * type.bytes()).asBytes();
          };
    }
    return pointer;
  }

  /**
   * Buffers of ND4J and of the JDK note the address alone; they may outlive this object, so they
   * have to hold the owner.
   */
  private static void keepAliveWith(Object buffer, @Nullable Object owner) {
    KEEPER.register(buffer, () -> Reference.reachabilityFence(owner));
  }

  @Override
  public void close() {
    if (owner instanceof BytePointer block) {
      block.close();
    }
  }

  private record Borrowed(Object owner) {}

  /** A pointer to a known address; JavaCPP only lets subclasses set it. */
  private static final class Address extends Pointer {
    Address(long address, long length) {
      this.address = address;
      this.limit = length;
      this.capacity = length;
    }

    Pointer asFloats() {
      return new FloatPointer(this);
    }

    Pointer asDoubles() {
      return new DoublePointer(this);
    }

    Pointer asShorts() {
      return new ShortPointer(this);
    }

    Pointer asBytes() {
      return new BytePointer(this);
    }
  }
}
