package org.peft4j.kernel;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.jspecify.annotations.Nullable;

/**
 * A run of elements in host memory as the JDK and JavaCPP see it, from its first element on. What
 * they make notes the address alone and may outlive the caller, so each root of views holds the
 * owner of the memory: the JDK's slices and duplicates hold the buffer they were made from.
 */
public final class HostViews {

  private static final Cleaner KEEPER = Cleaner.create();

  private final long address;
  private final DataType type;
  private final long length;
  private final @Nullable Object owner;
  private volatile @Nullable ByteBuffer bytes;
  private volatile @Nullable FloatBuffer floats;
  private volatile @Nullable DoubleBuffer doubles;
  private volatile @Nullable IntBuffer ints;
  private volatile @Nullable ShortBuffer shorts;
  private volatile @Nullable Pointer pointer;

  HostViews(long address, DataType type, long length, @Nullable Object owner) {
    this.address = address;
    this.type = type;
    this.length = length;
    this.owner = owner;
  }

  public FloatBuffer floats() {
    FloatBuffer made = floats;
    if (made == null) {
      made = bytes().asFloatBuffer();
      floats = made;
    }
    return made;
  }

  public DoubleBuffer doubles() {
    DoubleBuffer made = doubles;
    if (made == null) {
      made = bytes().asDoubleBuffer();
      doubles = made;
    }
    return made;
  }

  public IntBuffer ints() {
    IntBuffer made = ints;
    if (made == null) {
      made = bytes().asIntBuffer();
      ints = made;
    }
    return made;
  }

  /** The bits of 16-bit elements. */
  public ShortBuffer shorts() {
    ShortBuffer made = shorts;
    if (made == null) {
      made = bytes().asShortBuffer();
      shorts = made;
    }
    return made;
  }

  Pointer pointer() {
    Pointer made = pointer;
    if (made == null) {
      made = pointer(0, length);
      pointer = made;
    }
    return made;
  }

  /** A pointer of its own to {@code count} elements from {@code first} on. */
  public Pointer pointer(long first, long count) {
    return keepingOwner(pointerTo(first, count));
  }

  /** Copies bytes from one place to another. */
  static void copy(long from, long to, long bytes) {
    Pointer.memcpy(new Address(to, bytes), new Address(from, bytes), bytes);
  }

  private ByteBuffer bytes() {
    ByteBuffer made = bytes;
    if (made == null) {
      made = new Address(address, length * type.bytes()).asBytes().asByteBuffer();
      made = keepingOwner(made.order(ByteOrder.nativeOrder()));
      bytes = made;
    }
    return made;
  }

  private Pointer pointerTo(long first, long count) {
    long start = address + first * type.bytes();
    return switch (type) {
      case FLOAT32 -> new Address(start, count).asFloats();
      case FLOAT64 -> new Address(start, count).asDoubles();
      case FLOAT16, BFLOAT16 -> new Address(start, count).asShorts();
      default -> new Address(start, count * type.bytes()).asBytes();
    };
  }

  private <T> T keepingOwner(T view) {
    Object kept = owner;
    KEEPER.register(view, () -> Reference.reachabilityFence(kept));
    return view;
  }

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

    BytePointer asBytes() {
      return new BytePointer(this);
    }
  }
}
