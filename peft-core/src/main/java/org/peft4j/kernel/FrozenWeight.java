package org.peft4j.kernel;

/**
 * A weight matrix W [out, in] that never changes, as a callable operator. Because it is constant, a
 * kernel set may hold it packed, in the layout its products like best.
 */
public interface FrozenWeight extends AutoCloseable {

  /** [out, in]. */
  Shape shape();

  /** {@code y = x·Wᵀ}, with x [n, in] and y [n, out]. */
  void apply(Buffer x, Write write, Buffer y);

  /** {@code dx = dy·W}, with dy [n, out] and dx [n, in]. */
  void applyTransposed(Buffer dy, Write write, Buffer dx);

  /**
   * The numbers themselves, [out, in], FLOAT32 or FLOAT64; where they are held in fewer bits, a
   * fresh copy. Never written to.
   */
  Buffer value();

  /** Frees the packed form. The weight itself belongs to whoever froze it. */
  @Override
  default void close() {}
}
