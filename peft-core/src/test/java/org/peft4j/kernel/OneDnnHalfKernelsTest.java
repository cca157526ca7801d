package org.peft4j.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

/** Matrices in bfloat16, whose 8 significant bits decide the tolerance; vectors in float32. */
class OneDnnHalfKernelsTest
    implements ProductContract,
        ElementContract,
        RowContract,
        ActivationContract,
        NormContract,
        AttentionContract,
        TokenContract {

  private static final Kernels KERNELS = new OneDnnKernels();

  @Override
  public Kernels kernels() {
    return KERNELS;
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

  /** No test here: bfloat16 cannot hold 1e4 - 2. */
  @Override
  public void computesTheCrossEntropyOfVeryLargeLogits() {}

  /** No test here: rounding a score of 1000 to bfloat16 changes its weight beyond recognition. */
  @Override
  public void attendsByVeryLargeScores(AttentionShape shape) {}

  /** No test here: the bfloat16 numbers next to 1000 are 4 apart. */
  @Override
  public void normalisesSmallDeviationsFromALargeMean() {}

  @Test
  void aWeightHeldInHalfWidthMultipliesWiderInput() {
    double[][] weight = Cases.random(1, 70, 65);
    double[][] x = Cases.random(2, 9, 65);
    Buffer wide = Buffer.allocate(DataType.FLOAT32, Shape.of(9, 65));
    wide.put(KernelsFixture.flat(x));
    Buffer y = Buffer.allocate(DataType.FLOAT32, Shape.of(9, 70));
    KERNELS.freeze(buffer(weight)).apply(wide, Write.SET, y);
    assertClose(ReferenceKernels.times(x, ReferenceKernels.transpose(weight)), y);
  }

  @Test
  void aSumOfBothWidthsIsRoundedOnce() {
    Buffer small = buffer(new double[][] {{0x1p-9, -0x1p-9}});
    Buffer one = Buffer.allocate(DataType.FLOAT32, Shape.of(1, 2));
    one.put(new double[] {1, 1});
    Buffer sum = Buffer.allocate(DataType.FLOAT32, Shape.of(1, 2));
    KERNELS.add(one, small, sum);
    assertArrayEquals(new double[] {1 + 0x1p-9, 1 - 0x1p-9}, sum.toDoubles());
  }
}
