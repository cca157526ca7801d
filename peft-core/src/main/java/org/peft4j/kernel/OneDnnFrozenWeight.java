package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;

/** A weight that is packed for oneDNN's products, for each direction when it is first used. */
final class OneDnnFrozenWeight implements FrozenWeight {

  /** Packing pads to blocks of this many columns; below, it costs memory and gains nothing. */
  private static final int SMALLEST_PACKED = 64;

  private final OneDnn oneDnn;
  private final Buffer value;
  private final Direction forward;
  private final Direction backward;

  OneDnnFrozenWeight(OneDnn oneDnn, Buffer value) {
    this.oneDnn = oneDnn;
    this.value = value;
    int out = value.rows();
    int in = value.columns();
    forward = new Direction(new PackedProduct.Factor(in, out, Layout.transposed(in, out)));
    backward = new Direction(new PackedProduct.Factor(out, in, Layout.matrix(out, in)));
  }

  @Override
  public Shape shape() {
    return value.shape();
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
    return value;
  }

  private Operand plain() {
    return Float32.operand(value, value.length());
  }

  private final class Direction {

    private final PackedProduct.Factor factor;
    private volatile @Nullable Memory packed;

    Direction(PackedProduct.Factor factor) {
      this.factor = factor;
    }

    void run(Buffer a, Write write, Buffer out) {
      int rows = a.rows();
      Operand left = Float32.operand(a, (long) rows * factor.depth());
      Operand result = Float32.operand(out, (long) rows * factor.width());
      if (Math.min(factor.depth(), factor.width()) < SMALLEST_PACKED) {
        Layout leftLayout = Layout.matrix(rows, factor.depth());
        Layout resultLayout = Layout.matrix(rows, factor.width());
        oneDnn.run(
            new Product(leftLayout, factor.plain(), resultLayout, write), left, plain(), result);
      } else {
        oneDnn.run(new PackedProduct(rows, factor, write), left, Operand.of(packed()), result);
      }
    }

    private Memory packed() {
      Memory ready = packed;
      return ready != null ? ready : pack();
    }

    private synchronized Memory pack() {
      Memory ready = packed;
      if (ready == null) {
        ready = Memory.allocate(DataType.UINT8, oneDnn.packedBytes(factor));
        oneDnn.run(new PackedProduct.Packing(factor), plain(), Operand.of(ready));
        packed = ready;
      }
      return ready;
    }
  }
}
