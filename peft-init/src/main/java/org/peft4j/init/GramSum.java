package org.peft4j.init;

import java.nio.DoubleBuffer;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * The sum of {@code xᵀ·x} over samples x [tokens, in]: over every {@value #AT_A_TIME} of them in
 * the model's type, where the products are, and of these sums in float64. Rows are collected until
 * a product is worth it, and counted on from batch to batch, so it does not matter which samples
 * share a batch.
 */
final class GramSum implements AutoCloseable {

  private static final int AT_A_TIME = 16;

  /** Rows that are multiplied at once. */
  static final int ROWS = 1024;

  /** The product of a sample of narrower rows takes no longer than to collect it. */
  private static final int WIDE = 64;

  /** Kernels prepare products by shape, so fewer rows are filled up with zeros to few lengths. */
  private static final int STEP = 32;

  /** Rows and columns that are mirrored at once, so that both sides stay in the cache. */
  private static final int BLOCK = 64;

  private final int in;
  private final Kernels kernels;
  private final Buffer rows;
  private final Buffer latest;
  private final Buffer sum;
  private int collected;
  private boolean isLatestEmpty = true;
  private int samples;
  private boolean isFinite = true;

  /**
   * @param sum what to add to: [in, in] in float64
   * @param type the model's
   */
  GramSum(Buffer sum, DataType type, Kernels kernels) {
    this.sum = sum;
    this.in = sum.columns();
    this.kernels = kernels;
    this.rows = kernels.buffer(type, Shape.of(ROWS, in));
    this.latest = kernels.buffer(type, Shape.of(in, in));
  }

  /** Nothing yet: [in, in]. */
  static Buffer none(int in) {
    Buffer none = Buffer.allocate(DataType.FLOAT64, Shape.of(in, in));
    double[] zeros = new double[in];
    DoubleBuffer values = none.doubles();
    for (int row = 0; row < in; row++) {
      values.put(row * in, zeros);
    }
    return none;
  }

  /** Adds {@code (factor·x)ᵀ·(factor·x)}. */
  void add(Buffer x, double factor) {
    for (int from = 0; from < x.rows(); ) {
      int count = Math.min(x.rows() - from, ROWS - collected);
      Buffer next = x.rows(from, from + count);
      kernels.put(next, Write.set(factor), rows.rows(collected, collected + count));
      from += count;
      collected += count;
      if (collected == ROWS) {
        multiply();
      }
    }
    samples++;
    if (samples % AT_A_TIME == 0) {
      move();
    } else if (in < WIDE) {
      multiply();
    }
  }

  /** Whether all that has reached the sum by now is. */
  boolean isFinite() {
    return isFinite;
  }

  private void multiply() {
    if (collected == 0) {
      return;
    }
    int padded = (collected + STEP - 1) / STEP * STEP;
    if (padded > collected) {
      kernels.fill(0, rows.rows(collected, padded));
    }
    kernels.gram(rows.rows(0, padded), isLatestEmpty ? Write.SET : Write.ADD, latest);
    isLatestEmpty = false;
    collected = 0;
  }

  /** On and below the diagonal, which is not finite where anything beside it is not. */
  private void move() {
    multiply();
    DoubleBuffer values = sum.doubles();
    for (int row = 0; row < in; row++) {
      double[] added = new Buffer(latest.memory(), (long) row * in, Shape.of(row + 1)).toDoubles();
      double[] all = new double[row + 1];
      values.get(row * in, all);
      add(added, all);
      values.put(row * in, all);
      isFinite &= Double.isFinite(added[row]);
    }
    isLatestEmpty = true;
  }

  private static void add(double[] x, double[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] += x[i];
    }
  }

  /** Adds what is left, so that the sum is whole. */
  void finish() {
    if (collected > 0 || !isLatestEmpty) {
      move();
    }
    mirror();
  }

  /** Copies what lies below the diagonal to where it lies above, block by block. */
  private void mirror() {
    DoubleBuffer values = sum.doubles();
    for (int top = 0; top < in; top += BLOCK) {
      for (int left = 0; left <= top; left += BLOCK) {
        for (int i = top; i < Math.min(in, top + BLOCK); i++) {
          for (int j = left; j < Math.min(i, left + BLOCK); j++) {
            values.put(j * in + i, values.get(i * in + j));
          }
        }
      }
    }
  }

  /** Lets go what the sum was made with; the sum itself remains. */
  @Override
  public void close() {
    rows.memory().close();
    latest.memory().close();
  }
}
