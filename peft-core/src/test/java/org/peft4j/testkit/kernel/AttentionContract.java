package org.peft4j.testkit.kernel;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;

/** Softmax attention and its position embedding. */
public interface AttentionContract extends KernelsFixture {

  @ParameterizedTest
  @MethodSource(Cases.ATTENTION)
  default void attends(AttentionShape shape) {
    assertAttends(shape, Operands.random(shape), tolerance());
  }

  @ParameterizedTest
  @MethodSource(Cases.ATTENTION)
  default void attendsByVeryLargeScores(AttentionShape shape) {
    Operands x = Operands.random(shape);
    double[][] q = ReferenceKernels.map(x.q(), v -> v * 1024);
    assertAttends(shape, new Operands(q, x.k(), x.v()), 20 * tolerance());
  }

  @ParameterizedTest
  @MethodSource(Cases.ATTENTION)
  default void differentiatesAttention(AttentionShape shape) {
    Operands x = Operands.random(shape);
    double[][] dOut = Cases.random(4, x.q().length, x.q()[0].length);
    AttentionInput gradients = new AttentionInput(like(x.q()), like(x.k()), like(x.v()));
    kernels().attentionBackward(shape, input(x), buffer(dOut), gradients, null);
    assertSlopes(
        FiniteDifferences.gradient(
            q -> ReferenceKernels.attention(shape, q, x.k(), x.v()), x.q(), dOut),
        gradients.queries());
    assertSlopes(
        FiniteDifferences.gradient(
            k -> ReferenceKernels.attention(shape, x.q(), k, x.v()), x.k(), dOut),
        gradients.keys());
    assertSlopes(
        FiniteDifferences.gradient(
            v -> ReferenceKernels.attention(shape, x.q(), x.k(), v), x.v(), dOut),
        gradients.values());
  }

  @ParameterizedTest
  @MethodSource(Cases.LONG_ATTENTION)
  default void attendsToLongSequences(AttentionShape shape) {
    assertAttends(shape, Operands.random(shape), tolerance());
  }

  /** The formula for the gradients is checked against differences in short sequences. */
  @ParameterizedTest
  @MethodSource({Cases.LONG_ATTENTION, Cases.ATTENTION})
  default void differentiatesAttentionToLongSequences(AttentionShape shape) {
    Operands x = Operands.random(shape);
    double[][] dOut = Cases.random(4, x.q().length, x.q()[0].length);
    AttentionInput gradients = new AttentionInput(like(x.q()), like(x.k()), like(x.v()));
    kernels().attentionBackward(shape, input(x), buffer(dOut), gradients, null);
    double[][][] expected = ReferenceKernels.attentionBackward(shape, x.q(), x.k(), x.v(), dOut);
    assertClose(expected[0], gradients.queries());
    assertClose(expected[1], gradients.keys());
    assertClose(expected[2], gradients.values());
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 2", "5, 3, 2", "5, 3, 4", "7, 2, 16", "1, 5, 6"})
  default void rotates(int rows, int heads, int headSize) {
    double[][] x = Cases.random(1, rows, heads * headSize);
    ReferenceRotation rotation = rotation(rows, headSize);
    for (boolean inverse : new boolean[] {false, true}) {
      Buffer turned = buffer(x);
      kernels().rotate(turned, rotation.on(kernels()), inverse);
      assertClose(ReferenceKernels.rotate(x, rotation, inverse), turned);
    }
  }

  @Test
  default void turnsBackWhatItRotated() {
    double[][] x = Cases.random(1, 6, 3 * 8);
    ReferenceRotation rotation = rotation(6, 8);
    Buffer turned = buffer(x);
    kernels().rotate(turned, rotation.on(kernels()), false);
    kernels().rotate(turned, rotation.on(kernels()), true);
    // The table is float32, so its sines and cosines lie on the unit circle to 7 digits only.
    assertClose(KernelsFixture.flat(x), turned, Math.max(1e-6, tolerance() / 2));
  }

  private void assertAttends(AttentionShape shape, Operands x, double tolerance) {
    Buffer out = like(x.q());
    kernels().attention(shape, input(x), out, null);
    double[][] expected = ReferenceKernels.attention(shape, x.q(), x.k(), x.v());
    assertClose(KernelsFixture.flat(expected), out, tolerance);
  }

  private AttentionInput input(Operands x) {
    return new AttentionInput(buffer(x.q()), buffer(x.k()), buffer(x.v()));
  }

  private Buffer like(double[][] x) {
    return output(x.length, x[0].length);
  }

  /** Angles for ten positions; the rows' positions repeat and go backwards. */
  private static ReferenceRotation rotation(int rows, int headSize) {
    float[][] cosines = new float[10][headSize / 2];
    float[][] sines = new float[10][headSize / 2];
    for (int position = 0; position < 10; position++) {
      for (int j = 0; j < headSize / 2; j++) {
        double angle = position * Math.pow(100, -2.0 * j / headSize);
        cosines[position][j] = (float) Math.cos(angle);
        sines[position][j] = (float) Math.sin(angle);
      }
    }
    return new ReferenceRotation(cosines, sines, headSize, Cases.ids(5, rows, 10));
  }

  /** Queries, keys and values. */
  record Operands(double[][] q, double[][] k, double[][] v) {
    static Operands random(AttentionShape shape) {
      int keyWidth = shape.keyValueHeads() * shape.headSize();
      return new Operands(
          Cases.random(1, shape.batch() * shape.queries(), shape.heads() * shape.headSize()),
          Cases.random(2, shape.batch() * shape.keys(), keyWidth),
          Cases.random(3, shape.batch() * shape.keys(), keyWidth));
    }
  }
}
