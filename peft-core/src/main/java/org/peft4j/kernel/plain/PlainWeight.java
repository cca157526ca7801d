package org.peft4j.kernel.plain;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** A weight [out, in] as it lies in its buffer. */
record PlainWeight(Kernels kernels, Buffer weight) implements FrozenWeight {

  @Override
  public Shape shape() {
    return weight.shape();
  }

  @Override
  public void apply(Buffer x, Write write, Buffer y) {
    kernels.timesTransposed(x, weight, write, y);
  }

  @Override
  public void applyTransposed(Buffer dy, Write write, Buffer dx) {
    kernels.times(dy, weight, write, dx);
  }

  @Override
  public Buffer value() {
    if (weight.type() == weight.type().trained()) {
      return weight;
    }
    Buffer wide = Buffer.allocate(weight.type().trained(), weight.shape());
    wide.put(weight);
    return wide;
  }
}
