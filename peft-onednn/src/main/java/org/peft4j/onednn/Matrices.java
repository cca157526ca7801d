package org.peft4j.onednn;

/**
 * A matrix or a batch of them in native memory. All operands of a product have the same batch axes.
 *
 * @param start where the first one starts
 * @param layout of all
 */
record Matrices(Operand start, Layout layout) {

  /** Each seen transposed. */
  Matrices exchanged() {
    return new Matrices(start, layout.exchanged());
  }

  /** The part of the batch from {@code from} (inclusive) to {@code to} (exclusive). */
  Matrices part(int from, int to) {
    return new Matrices(start.plus(from * layout.distance()), layout.part(to - from));
  }
}
