package org.peft4j.kernel.plain;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;

/** Matrix products. */
interface PlainProducts extends Kernels {

  @Override
  default FrozenWeight freeze(Buffer weight) {
    return new PlainWeight(this, weight);
  }

  @Override
  default void timesTransposed(Buffer a, Buffer b, Write write, Buffer out) {
    Matrix.of(a).times(Matrix.of(b).transposed()).write(write, out);
  }

  @Override
  default void times(Buffer a, Buffer b, Write write, Buffer out) {
    Matrix.of(a).times(Matrix.of(b)).write(write, out);
  }

  @Override
  default void transposedTimes(Buffer a, Buffer b, Write write, Buffer out) {
    Matrix.of(a).transposed().times(Matrix.of(b)).write(write, out);
  }
}
