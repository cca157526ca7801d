package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.testkit.Bfloat16;
import org.peft4j.testkit.kernel.ActivationContract;
import org.peft4j.testkit.kernel.AttentionContract;
import org.peft4j.testkit.kernel.Cases;
import org.peft4j.testkit.kernel.ElementContract;
import org.peft4j.testkit.kernel.FunctionContract;
import org.peft4j.testkit.kernel.ImageContract;
import org.peft4j.testkit.kernel.KernelsFixture;
import org.peft4j.testkit.kernel.NormContract;
import org.peft4j.testkit.kernel.ProductContract;
import org.peft4j.testkit.kernel.ReferenceKernels;
import org.peft4j.testkit.kernel.RowContract;
import org.peft4j.testkit.kernel.TokenContract;

/** Matrices in bfloat16, whose 8 significant bits decide the tolerance; vectors in float32. */
class OneDnnHalfKernelsTest
    implements ProductContract,
        ElementContract,
        RowContract,
        ActivationContract,
        FunctionContract,
        NormContract,
        AttentionContract,
        TokenContract,
        ImageContract {

  private static final Kernels KERNELS = new OneDnnKernels();

  @BeforeAll
  static void assumeComputable() {
    Bfloat16.assumeComputable();
  }

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

  /** No test here: rounding a score of 1000 to bfloat16 changes its weight beyond recognition. */
  @Override
  public void attendsByVeryLargeScores(AttentionShape shape) {}

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

  /**
   * The gradient of a score is the difference of numbers that have far more in common: rounding
   * them, or the weights that they are averaged with, would leave five times the error.
   */
  @Test
  void differencesOfLikeGradientsKeepTheirDigits() {
    AttentionShape shape = AttentionShape.causal(2, 64, 2, 2, 64);
    double[][] numbers = new double[4][];
    Arrays.setAll(numbers, i -> rounded(i, i < 2 ? 0 : 1));

    double[] exact = queryGradient(new PlainKernels(), DataType.FLOAT64, shape, numbers);
    double[] actual = queryGradient(KERNELS, DataType.BFLOAT16, shape, numbers);
    double error = distance(actual, exact) / distance(new double[exact.length], exact);
    assertThat(error).isLessThan(4e-3);
  }

  private static double[] rounded(int seed, double mean) {
    Buffer buffer = Buffer.allocate(DataType.BFLOAT16, Shape.of(128, 128));
    double[] around = KernelsFixture.flat(Cases.random(seed, 128, 128));
    buffer.put(Arrays.stream(around).map(x -> mean + x).toArray());
    return buffer.toDoubles();
  }

  private static double[] queryGradient(
      Kernels kernels, DataType type, AttentionShape shape, double[][] numbers) {
    Buffer[] x = new Buffer[7];
    for (int i = 0; i < x.length; i++) {
      x[i] = Buffer.allocate(type, Shape.of(128, 128));
      if (i < numbers.length) {
        x[i].put(numbers[i]);
      }
    }
    AttentionInput gradients = new AttentionInput(x[4], x[5], x[6]);
    kernels.attentionBackward(shape, new AttentionInput(x[0], x[1], x[2]), x[3], gradients, null);
    return gradients.queries().toDoubles();
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }
}
