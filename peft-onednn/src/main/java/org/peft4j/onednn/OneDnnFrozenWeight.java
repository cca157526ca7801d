package org.peft4j.onednn;

import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Uses;
import org.peft4j.kernel.Write;

/**
 * A weight that is packed for oneDNN's products, for each direction when it is first used. Held in
 * bfloat16 it multiplies in bfloat16, whatever the types of x and y, and is packed for the way
 * forward only: backward is 3 to 5 % slower without, which is less than what a third copy weighs
 * where memory is what counts.
 *
 * <p>A single row is multiplied by a float32 weight as it lies: that reads memory faster than the
 * packed form and needs none of its own.
 */
final class OneDnnFrozenWeight implements FrozenWeight {

  /** Packing pads to blocks of this many columns; below, it costs memory and gains nothing. */
  private static final int SMALLEST_PACKED = 64;

  private final OneDnn oneDnn;
  private final Scratch scratch;
  private final Buffer weight;
  private final Direction forward;
  private final Direction backward;
  private volatile @Nullable Buffer multiplied;

  OneDnnFrozenWeight(OneDnn oneDnn, Scratch scratch, Buffer weight) {
    this.oneDnn = oneDnn;
    this.scratch = scratch;
    this.weight = weight;
    int out = weight.rows();
    int in = weight.columns();
    DataType type = weight.type();
    forward = new Direction(new PackedProduct.Factor(in, out, Layout.transposed(type, in, out)));
    backward = new Direction(new PackedProduct.Factor(out, in, Layout.matrix(type, out, in)));
  }

  @Override
  public Shape shape() {
    return weight.shape();
  }

  @Override
  public void apply(Buffer x, Write write, Buffer y) {
    forward.run(x, write, y);
  }

  @Override
  public void applyTransposed(Buffer dy, Write write, Buffer dx) {
    backward.run(dy, write, dx);
  }

  @Override
  public Buffer value() {
    if (weight.type() == DataType.FLOAT32) {
      return weight;
    }
    Buffer wide = Buffer.allocate(DataType.FLOAT32, weight.shape());
    oneDnn.copy(weight, wide);
    return wide;
  }

  @Override
  public void close() {
    forward.close();
    backward.close();
    Buffer ready = multiplied;
    if (ready != null && ready != weight) {
      ready.memory().close();
    }
  }

  /** The weight without numbers that would slow products down; looked for when first used. */
  private Buffer multiplied() {
    Buffer ready = multiplied;
    if (ready == null) {
      ready = FlushToZero.works() ? weight : Denormals.cleared(weight);
      multiplied = ready;
    }
    return ready;
  }

  private final class Direction {

    private final PackedProduct.Factor factor;
    private volatile @Nullable HostMemory packed;
    private boolean closed;

    Direction(PackedProduct.Factor factor) {
      this.factor = factor;
    }

    /** Depends on nothing but sizes, so that the same rows give the same bits each time. */
    private boolean isPlain(int rows) {
      boolean rowByColumns = rows == 1 && weight.type() == DataType.FLOAT32 && this == forward;
      boolean savesMemory = weight.type() == DataType.BFLOAT16 && this == backward;
      return rowByColumns
          || savesMemory
          || Math.min(factor.depth(), factor.width()) < SMALLEST_PACKED;
    }

    void run(Buffer a, Write write, Buffer out) {
      int rows = a.rows();
      Operand left = Operand.of(oneDnn.as(weight.type(), a, scratch), (long) rows * factor.depth());
      Operand result = Operand.of(out, (long) rows * factor.width());
      if (isPlain(rows)) {
        Product product =
            new Product(factor.left(rows), factor.plain(), factor.result(rows, out.type()), write);
        Buffer right = multiplied();
        Uses.during(() -> oneDnn.run(product, left, Operand.of(right), result), right);
      } else {
        HostMemory right = packed();
        right.lifetime().enter();
        try {
          oneDnn.run(
              new PackedProduct(rows, factor, out.type(), write), left, Operand.of(right), result);
        } finally {
          right.lifetime().leave();
        }
      }
    }

    private HostMemory packed() {
      HostMemory ready = packed;
      return ready != null ? ready : pack();
    }

    private synchronized HostMemory pack() {
      HostMemory ready = packed;
      if (ready == null) {
        if (closed) {
          throw new IllegalStateException("this weight is closed, as the model is that it was of");
        }
        ready = HostMemory.allocate(DataType.UINT8, oneDnn.packedBytes(factor));
        Operand target = Operand.of(ready);
        Buffer plain = multiplied();
        Uses.during(
            () -> oneDnn.run(new PackedProduct.Packing(factor), Operand.of(plain), target), plain);
        packed = ready;
      }
      return ready;
    }

    synchronized void close() {
      closed = true;
      if (packed != null) {
        packed.close();
      }
    }
  }
}
