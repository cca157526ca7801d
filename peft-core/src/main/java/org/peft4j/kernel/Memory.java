package org.peft4j.kernel;

import java.lang.ref.WeakReference;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A run of elements of one type outside the Java heap. Host memory has an address and can be read
 * in loops; memory of an ND4J backend on a device has neither and is reached through {@link
 * #array()} alone.
 *
 * <p>Closing host memory that was allocated here frees it, at once or when the kernel that is just
 * using it has ended; memory that wraps somebody else's is only let go. Views of the JDK that were
 * handed out keep working: memory that was shown in such a view is freed when the views are gone.
 * Everything else that touches closed memory throws an {@link IllegalStateException}.
 *
 * <p>May be shared by threads, and closed by any of them.
 */
public final class Memory implements AutoCloseable {

  /** Vector kernels like their data on cache lines. */
  private static final int ALIGNMENT = 64;

  private static final AtomicLong ALLOCATIONS = new AtomicLong();

  private final DataType type;
  private final long length;
  private final long address;
  private final @Nullable Object owner;
  private final @Nullable Memory source;
  private final boolean lent;
  private final Lifetime lifetime = new Lifetime(this::free);
  private final List<WeakReference<DataBuffer>> shownArrays = new ArrayList<>();
  private volatile boolean shown;
  private volatile @Nullable HostViews views;
  private volatile @Nullable INDArray array;

  private Memory(DataType type, long length, long address, @Nullable Object owner, boolean lent) {
    this.type = type;
    this.length = length;
    this.address = address;
    this.owner = owner;
    this.source =
        owner instanceof Borrowed borrowed && borrowed.owner() instanceof Memory other
            ? other
            : null;
    this.lent = lent;
  }

  /**
   * Fresh host memory, not cleared.
   *
   * @throws OutOfMemoryError if there is no more, or JavaCPP's limits allow no more
   */
  public static Memory allocate(DataType type, long length) {
    BytePointer block = NativeBlocks.take(Math.max(1, length * type.bytes()) + ALIGNMENT);
    ALLOCATIONS.incrementAndGet();
    long address = (block.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return new Memory(type, length, address, block, false);
  }

  /**
   * Host memory that {@code owner} keeps alive, starting at {@code address}. Where the owner is
   * another memory, this one can be used as long as that one is open.
   */
  public static Memory at(long address, DataType type, long length, Object owner) {
    return new Memory(type, length, address, new Borrowed(owner), false);
  }

  /** The memory of a contiguous row-major {@code array}; on a CPU backend without a copy. */
  public static Memory of(INDArray array) {
    return of(array, Nd4jTypes.isHostBackend());
  }

  static Memory of(INDArray array, boolean onHost) {
    DataType type = Nd4jTypes.of(array.dataType());
    long address = onHost ? array.data().address() + array.offset() * type.bytes() : 0;
    Memory memory =
        new Memory(type, array.length(), address, new Borrowed(new Nd4jOwner(array)), false);
    memory.array = onHost ? null : array.reshape(array.length());
    return memory;
  }

  /**
   * This memory for a while: what is returned can be used until it is {@linkplain #giveBack given
   * back}, or this memory is closed.
   */
  public Memory lend() {
    Memory loan = new Memory(type, length, address, new Borrowed(this), true);
    loan.array = address == 0 ? array : null;
    return loan;
  }

  /**
   * The memory that this is a {@linkplain #lend loan} of.
   *
   * @throws IllegalStateException if it is none
   */
  public Memory lender() {
    if (!lent || source == null) {
      throw new IllegalStateException("this memory was not lent");
    }
    return source;
  }

  /**
   * Ends a {@linkplain #lend loan}: from now on using it is an error.
   *
   * @return whether the memory can be lent again; not if somebody is using it at this moment, or
   *     has been shown a view that may still be there
   */
  public boolean giveBack() {
    close();
    return lifetime.isGone() && !shown;
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

  /**
   * Where the first element lies; 0 for device memory. Whoever hands it on keeps this memory open.
   *
   * @throws IllegalStateException if it is closed
   */
  public long address() {
    requireOpen();
    return address;
  }

  /** The elements as floats, starting at index 0. */
  public FloatBuffer floats() {
    return shown().floats().duplicate();
  }

  /** The elements as doubles, starting at index 0. */
  public DoubleBuffer doubles() {
    return shown().doubles().duplicate();
  }

  /** The bits of 16-bit elements, starting at index 0. */
  public ShortBuffer shorts() {
    return shown().shorts().duplicate();
  }

  /** The elements as a flat ND4J array over the same memory, which works until this is closed. */
  public INDArray array() {
    return isHost() ? array(0, length, length) : innerArray();
  }

  /**
   * The memory as a native pointer, for libraries that take one. Whoever hands it on keeps this
   * memory open.
   */
  public Pointer pointer() {
    requireOpen();
    return views().pointer();
  }

  /**
   * Computes {@code body}, which hands the address to others, while nobody can free this memory.
   *
   * @throws IllegalStateException if it is closed
   */
  public <T, E extends Exception> T during(Use<T, E> body) throws E {
    enter();
    try {
      return body.run();
    } finally {
      leave();
    }
  }

  /** What to do with memory that nobody can free meanwhile. */
  @FunctionalInterface
  public interface Use<T, E extends Exception> {
    T run() throws E;
  }

  /** Whether {@link #close} was called, or what this is part of was closed. */
  public boolean isClosed() {
    return lifetime.hasEnded() || ownerIsClosed();
  }

  private boolean ownerIsClosed() {
    return source != null
        ? source.isClosed()
        : owner instanceof Borrowed borrowed
            && borrowed.owner() instanceof Nd4jOwner foreign
            && foreign.isClosed();
  }

  @Override
  public void close() {
    lifetime.end();
    synchronized (shownArrays) {
      shownArrays.forEach(Memory::release);
      shownArrays.clear();
    }
  }

  // ---- for kernels ----

  /**
   * Keeps the memory from being freed until {@link #leave}.
   *
   * @throws IllegalStateException if it is closed
   */
  void enter() {
    if (!tryEnter()) {
      throw closed();
    }
  }

  private boolean tryEnter() {
    if (!lifetime.enter()) {
      return false;
    }
    boolean open = source == null ? !ownerIsClosed() : source.tryEnter();
    if (!open) {
      lifetime.leave();
    }
    return open;
  }

  void leave() {
    if (source != null) {
      source.leave();
    }
    lifetime.leave();
  }

  /** Views that their user forgets before it {@linkplain #leave leaves}. */
  HostViews inner() {
    requireOpen();
    Memory whole = source;
    return whole != null && isAllOf(whole) ? whole.inner() : views();
  }

  /** Whether the other's views are ours too. */
  private boolean isAllOf(Memory other) {
    return other.address == address && other.type == type;
  }

  /** Like {@link #array}, for users that forget it before they {@linkplain #leave leave}. */
  INDArray innerArray() {
    requireOpen();
    INDArray made = array;
    if (made == null) {
      Memory whole = source;
      made =
          whole != null && isAllOf(whole)
              ? whole.innerArray()
              : Nd4j.create(views().data(0, length), new long[] {length});
      array = made;
    }
    return made;
  }

  /** An array over some of the elements that refuses to be read once this memory is closed. */
  INDArray array(long first, long count, long... shape) {
    enter();
    try {
      show();
      DataBuffer data = views().data(first, count);
      synchronized (shownArrays) {
        shownArrays.removeIf(gone -> gone.get() == null);
        shownArrays.add(new WeakReference<>(data));
      }
      return Nd4j.create(data, shape, Nd4j.getStrides(shape, 'c'), 0, 'c');
    } finally {
      leave();
    }
  }

  private HostViews shown() {
    enter();
    try {
      show();
      return views();
    } finally {
      leave();
    }
  }

  private void show() {
    shown = true;
    if (source != null) {
      source.show();
    }
  }

  private HostViews views() {
    if (address == 0) {
      throw new IllegalStateException("this memory lies on a device and has no host address");
    }
    HostViews made = views;
    if (made == null) {
      made = new HostViews(address, type, length, owner);
      views = made;
    }
    return made;
  }

  void requireOpen() {
    if (isClosed()) {
      throw closed();
    }
  }

  private IllegalStateException closed() {
    return new IllegalStateException(
        lent
            ? "this value of a tape is gone: its scope, its step or the tape has ended; copy"
                + " numbers that are needed for longer"
            : "this memory is closed: it was part of a model, an adapter, a tape, a cache or a"
                + " trainer that was closed");
  }

  private void free() {
    if (owner instanceof BytePointer block && !shown) {
      block.close();
    }
  }

  private static void release(WeakReference<DataBuffer> array) {
    DataBuffer data = array.get();
    if (data != null && data.closeable()) {
      data.close();
    }
  }

  private record Borrowed(Object owner) {}
}
