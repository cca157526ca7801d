package org.peft4j.kernel;

/**
 * A run of elements of one type at some place: in host memory, on a device, in another process.
 * What an engine {@linkplain Kernels#allocate allocates} and its kernels read and write; everybody
 * else reaches the elements by copying them to or from the host.
 *
 * <p>Closing it frees it, at once or when the kernel that is just using it has ended. May be shared
 * by threads, and closed by any of them.
 */
public interface Memory extends AutoCloseable {

  DataType type();

  /** Number of elements. */
  long length();

  /** How long it may be used. Whoever touches the elements is a user of it. */
  Lifetime lifetime();

  /**
   * Copies elements to the host.
   *
   * @param first the first element that is copied
   * @param host takes as many as it holds; of this memory's type, in {@link HostMemory}
   */
  void copyTo(long first, Buffer host);

  /**
   * Copies elements from the host.
   *
   * @param host all of its elements are copied; of this memory's type, in {@link HostMemory}
   * @param first where the first of them goes
   */
  void copyFrom(Buffer host, long first);

  /** Whether it was closed, or what this is part of was closed. */
  default boolean isClosed() {
    return lifetime().hasEnded();
  }

  @Override
  default void close() {
    lifetime().end();
  }
}
