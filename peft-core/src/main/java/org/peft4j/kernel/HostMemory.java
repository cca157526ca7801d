package org.peft4j.kernel;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Memory of the process outside the Java heap: it has an address, and loops can read it.
 *
 * <p>Closing memory that was allocated here frees it; memory that wraps somebody else's is only let
 * go. Views of the JDK that were handed out keep working: memory that was shown in such a view is
 * freed when the views are gone. Everything else that touches closed memory throws an {@link
 * IllegalStateException}.
 */
public final class HostMemory implements Memory {

  /** Vector kernels like their data on cache lines. */
  private static final int ALIGNMENT = 64;

  private static final AtomicLong ALLOCATIONS = new AtomicLong();

  private final DataType type;
  private final long length;
  private final long address;
  private final @Nullable Object owner;
  private final Lifetime lifetime;
  private volatile @Nullable HostViews views;

  private HostMemory(
      DataType type, long length, long address, @Nullable Object owner, Lifetime lifetime) {
    this.type = type;
    this.length = length;
    this.address = address;
    this.owner = owner;
    this.lifetime = lifetime;
  }

  private HostMemory(DataType type, long length, BytePointer block) {
    this.type = type;
    this.length = length;
    this.address = (block.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    this.owner = block;
    this.lifetime = new Lifetime(() -> free(block));
  }

  /**
   * Fresh memory, not cleared.
   *
   * @throws OutOfMemoryError if there is no more, or JavaCPP's limits allow no more
   */
  public static HostMemory allocate(DataType type, long length) {
    BytePointer block = NativeBlocks.take(Math.max(1, length * type.bytes()) + ALIGNMENT);
    ALLOCATIONS.incrementAndGet();
    return new HostMemory(type, length, block);
  }

  /** Memory that {@code owner} keeps alive, starting at {@code address}. */
  public static HostMemory at(long address, DataType type, long length, Object owner) {
    return at(address, type, length, owner, () -> false);
  }

  /**
   * Memory that {@code owner} keeps alive until it frees it.
   *
   * @param freed whether it has
   */
  public static HostMemory at(
      long address, DataType type, long length, Object owner, BooleanSupplier freed) {
    return new HostMemory(type, length, address, owner, Lifetime.borrowed(freed));
  }

  /** The beginning of this memory, read as {@code length} elements of {@code other}. */
  public HostMemory as(DataType other, long length) {
    return new HostMemory(other, length, address, owner, lifetime.part());
  }

  /**
   * What {@code buffer} occupies; it can be used as long as that.
   *
   * @throws IllegalStateException if that lies elsewhere than in host memory
   */
  public static HostMemory of(Buffer buffer) {
    return new HostMemory(
        buffer.type(),
        buffer.length(),
        buffer.address(),
        buffer.host().owner,
        buffer.lifetime().part());
  }

  /** How many blocks of memory this class has allocated so far in this process. */
  public static long allocations() {
    return ALLOCATIONS.get();
  }

  @Override
  public DataType type() {
    return type;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public Lifetime lifetime() {
    return lifetime;
  }

  /**
   * Where the first element lies. Whoever hands it on keeps this memory open.
   *
   * @throws IllegalStateException if it is closed
   */
  public long address() {
    lifetime.requireOpen();
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

  /**
   * The memory as a native pointer, for libraries that take one. Whoever hands it on keeps this
   * memory open.
   */
  public Pointer pointer() {
    return views().pointer();
  }

  /**
   * A pointer of its own to {@code count} elements from {@code first} on, which keeps the memory
   * alive like the views of the JDK.
   */
  public Pointer shownPointer(long first, long count) {
    return shown().pointer(first, count);
  }

  /** For kernels: views that their user forgets before the call ends. */
  public HostViews views() {
    lifetime.requireOpen();
    HostViews made = views;
    if (made == null) {
      made = new HostViews(address, type, length, owner);
      views = made;
    }
    return made;
  }

  @Override
  public void copyTo(long first, Buffer host) {
    copy(at(first), host.address(), host.length());
  }

  @Override
  public void copyFrom(Buffer host, long first) {
    copy(host.address(), at(first), host.length());
  }

  private long at(long element) {
    return address + element * type.bytes();
  }

  private void copy(long from, long to, long count) {
    HostViews.copy(from, to, count * type.bytes());
  }

  private HostViews shown() {
    return lifetime.during(
        () -> {
          lifetime.show();
          return views();
        });
  }

  private void free(BytePointer block) {
    if (!lifetime.isShown()) {
      block.close();
    }
  }
}
