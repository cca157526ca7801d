package org.peft4j.onednn;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.testkit.kernel.Cases;
import org.peft4j.testkit.kernel.KernelsFixture;
import org.peft4j.testkit.kernel.ReferenceKernels;

/** One attention, forward and backward, beside the formula. */
public record AttentionCheck(
    Kernels kernels, EveryAttentionTest.Width width, AttentionShape shape) {

  /** What differs: the sizes and the result's name; none where all is right. */
  public List<String> mistakes() {
    double[][] q = numbers(1, shape.queries(), shape.heads());
    double[][] k = numbers(2, shape.keys(), shape.keyValueHeads());
    double[][] v = numbers(3, shape.keys(), shape.keyValueHeads());
    double[][] dOut = numbers(4, shape.queries(), shape.heads());
    AttentionInput input = new AttentionInput(buffer(q), buffer(k), buffer(v));
    List<String> mistakes = new ArrayList<>();

    Buffer out = like(q);
    long kept = kernels.keptWeights(shape, width.type());
    Buffer weights =
        kept == 0 ? null : Buffer.allocate(DataType.FLOAT32, Shape.of(Math.toIntExact(kept)));
    kernels.attention(shape, input, out, weights);
    compare("output", ReferenceKernels.attention(shape, q, k, v), out, mistakes);
    double[][][] expected = ReferenceKernels.attentionBackward(shape, q, k, v, dOut);
    backward("", input, dOut, null, expected, mistakes);
    if (weights != null) {
      backward(" by kept weights", input, dOut, weights, expected, mistakes);
    }
    return mistakes;
  }

  private void backward(
      String how,
      AttentionInput input,
      double[][] dOut,
      @Nullable Buffer weights,
      double[][][] expected,
      List<String> mistakes) {
    AttentionInput gradients =
        new AttentionInput(like(expected[0]), like(expected[1]), like(expected[2]));
    kernels.attentionBackward(shape, input, buffer(dOut), gradients, weights);
    compare("queries' gradient" + how, expected[0], gradients.queries(), mistakes);
    compare("keys' gradient" + how, expected[1], gradients.keys(), mistakes);
    compare("values' gradient" + how, expected[2], gradients.values(), mistakes);
  }

  private void compare(String what, double[][] expected, Buffer actual, List<String> mistakes) {
    double error = width.error(KernelsFixture.flat(expected), actual.toDoubles());
    if (error > 1) {
      mistakes.add(what + " of " + sizes() + " is off by " + error + " times the tolerance");
    }
  }

  private String sizes() {
    return shape.batch()
        + " sequences, "
        + shape.queries()
        + " queries, "
        + shape.keys()
        + " keys, "
        + shape.heads()
        + "/"
        + shape.keyValueHeads()
        + " heads of "
        + shape.headSize();
  }

  /** As the type holds them, so that a difference is the kernel's. */
  private double[][] numbers(int seed, int positions, int heads) {
    int rows = shape.batch() * positions;
    int columns = heads * shape.headSize();
    double[] flat = buffer(Cases.random(seed, rows, columns)).toDoubles();
    double[][] rounded = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(flat, i * columns, rounded[i], 0, columns);
    }
    return rounded;
  }

  private Buffer buffer(double[][] values) {
    Buffer buffer = Buffer.allocate(width.type(), Shape.of(values.length, values[0].length));
    buffer.put(KernelsFixture.flat(values));
    return buffer;
  }

  /** What it holds now must not matter. */
  private Buffer like(double[][] values) {
    return buffer(Cases.constant(Double.NaN, values.length, values[0].length));
  }
}
