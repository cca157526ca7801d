package org.peft4j.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.testkit.kernel.ActivationContract;
import org.peft4j.testkit.kernel.AttentionContract;
import org.peft4j.testkit.kernel.ElementContract;
import org.peft4j.testkit.kernel.FunctionContract;
import org.peft4j.testkit.kernel.ImageContract;
import org.peft4j.testkit.kernel.NormContract;
import org.peft4j.testkit.kernel.ProductContract;
import org.peft4j.testkit.kernel.RowContract;
import org.peft4j.testkit.kernel.TokenContract;

/** Matrices in bfloat16, whose 8 significant bits decide the tolerance; vectors in float32. */
class PlainKernelsBfloat16Test
    implements ProductContract,
        ElementContract,
        RowContract,
        ActivationContract,
        FunctionContract,
        NormContract,
        AttentionContract,
        TokenContract,
        ImageContract {

  @Override
  public Kernels kernels() {
    return new PlainKernels();
  }

  @Override
  public DataType type() {
    return DataType.BFLOAT16;
  }

  @Override
  public DataType vectorType() {
    return DataType.FLOAT32;
  }

  @Override
  public double tolerance() {
    return 2e-2;
  }

  @Test
  void aProductOfHalfWidthMayBeWider() {
    Buffer weight = buffer(new double[][] {{1, 2}, {3, 4}});
    Buffer narrow = buffer(new double[][] {{1 + 0x1p-7, 1}});
    Buffer wide = Buffer.allocate(DataType.FLOAT32, Shape.of(1, 2));
    kernels().freeze(weight).apply(narrow, Write.SET, wide);
    assertArrayEquals(new double[] {3 + 0x1p-7, 7 + 3 * 0x1p-7}, wide.toDoubles());
  }
}
