package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;

/**
 * Kernels that no closed memory reaches: while one computes, what it reads and writes cannot be
 * freed, whichever thread closes it.
 */
final class GuardedKernels implements Kernels {

  private final Kernels kernels;

  GuardedKernels(Kernels kernels) {
    this.kernels = kernels;
  }

  @Override
  public String name() {
    return kernels.name();
  }

  @Override
  public DataType passedOn(DataType type) {
    return kernels.passedOn(type);
  }

  @Override
  public Memory allocate(DataType type, long length) {
    return kernels.allocate(type, length);
  }

  @Override
  public boolean reads(Memory memory) {
    return kernels.reads(memory);
  }

  @Override
  public FrozenWeight freeze(Buffer weight) {
    Buffer placed = place(weight);
    return Uses.during(() -> new GuardedWeight(kernels.freeze(placed), placed, weight), weight);
  }

  @Override
  public void timesTransposed(Buffer a, Buffer b, Write write, Buffer out) {
    Uses.during(() -> kernels.timesTransposed(a, b, write, out), a, b, out);
  }

  @Override
  public void times(Buffer a, Buffer b, Write write, Buffer out) {
    Uses.during(() -> kernels.times(a, b, write, out), a, b, out);
  }

  @Override
  public void transposedTimes(Buffer a, Buffer b, Write write, Buffer out) {
    Uses.during(() -> kernels.transposedTimes(a, b, write, out), a, b, out);
  }

  @Override
  public void blockTimes(Blocks a, Blocks b, Write write, Blocks out) {
    Uses.during(() -> kernels.blockTimes(a, b, write, out), a.buffer(), b.buffer(), out.buffer());
  }

  @Override
  public void gram(Buffer x, Write write, Buffer out) {
    Uses.during(() -> kernels.gram(x, write, out), x, out);
  }

  @Override
  public void fill(double value, Buffer out) {
    Uses.during(() -> kernels.fill(value, out), out);
  }

  @Override
  public void put(Buffer x, Write write, Buffer out) {
    Uses.during(() -> kernels.put(x, write, out), x, out);
  }

  @Override
  public void transpose(Buffer x, Write write, Buffer out) {
    Uses.during(() -> kernels.transpose(x, write, out), x, out);
  }

  @Override
  public void add(Buffer a, Buffer b, Buffer out) {
    Uses.during(() -> kernels.add(a, b, out), a, b, out);
  }

  @Override
  public void multiply(Buffer a, Buffer b, Write write, Buffer out) {
    Uses.during(() -> kernels.multiply(a, b, write, out), a, b, out);
  }

  @Override
  public void divide(Buffer a, Buffer b, Write write, Buffer out) {
    Uses.during(() -> kernels.divide(a, b, write, out), a, b, out);
  }

  @Override
  public void squareRoot(Buffer x, Buffer out) {
    Uses.during(() -> kernels.squareRoot(x, out), x, out);
  }

  @Override
  public void exp(Buffer x, Buffer y) {
    Uses.during(() -> kernels.exp(x, y), x, y);
  }

  @Override
  public void log(Buffer x, Buffer y) {
    Uses.during(() -> kernels.log(x, y), x, y);
  }

  @Override
  public void softmax(Buffer x, Buffer y) {
    Uses.during(() -> kernels.softmax(x, y), x, y);
  }

  @Override
  public void logSoftmax(Buffer x, Buffer y) {
    Uses.during(() -> kernels.logSoftmax(x, y), x, y);
  }

  @Override
  public void addRow(Buffer row, Buffer out) {
    Uses.during(() -> kernels.addRow(row, out), row, out);
  }

  @Override
  public void multiplyRow(Buffer x, Buffer row, Write write, Buffer out) {
    Uses.during(() -> kernels.multiplyRow(x, row, write, out), x, row, out);
  }

  @Override
  public void multiplyColumn(Buffer x, Buffer column, Write write, Buffer out) {
    Uses.during(() -> kernels.multiplyColumn(x, column, write, out), x, column, out);
  }

  @Override
  public void scale(Buffer x, Buffer factor, Write write, Buffer out) {
    Uses.during(() -> kernels.scale(x, factor, write, out), x, factor, out);
  }

  @Override
  public void multiplyBoth(Buffer x, Buffer column, Buffer row, Buffer out) {
    Uses.during(() -> kernels.multiplyBoth(x, column, row, out), x, column, row, out);
  }

  @Override
  public void dotRows(Buffer a, Buffer b, Buffer row, Write write, Buffer out) {
    Uses.during(() -> kernels.dotRows(a, b, row, write, out), a, b, row, out);
  }

  @Override
  public void dotColumns(Buffer a, Buffer b, Buffer column, Write write, Buffer out) {
    Uses.during(() -> kernels.dotColumns(a, b, column, write, out), a, b, column, out);
  }

  @Override
  public void sumRows(Buffer x, Write write, Buffer out) {
    Uses.during(() -> kernels.sumRows(x, write, out), x, out);
  }

  @Override
  public void sum(Buffer x, Write write, Buffer out) {
    Uses.during(() -> kernels.sum(x, write, out), x, out);
  }

  @Override
  public void sumSquares(Buffer x, Write write, Buffer out) {
    Uses.during(() -> kernels.sumSquares(x, write, out), x, out);
  }

  @Override
  public void sumRowProducts(Buffer a, Buffer b, Write write, Buffer out) {
    Uses.during(() -> kernels.sumRowProducts(a, b, write, out), a, b, out);
  }

  @Override
  public void sumTiles(Buffer x, Write write, Buffer out) {
    Uses.during(() -> kernels.sumTiles(x, write, out), x, out);
  }

  @Override
  public void tile(Buffer x, Write write, Buffer out) {
    Uses.during(() -> kernels.tile(x, write, out), x, out);
  }

  @Override
  public void activate(Activation function, Buffer x, Buffer y) {
    Uses.during(() -> kernels.activate(function, x, y), x, y);
  }

  @Override
  public void activateBackward(Activation function, Buffer x, Buffer dy, Write write, Buffer dx) {
    Uses.during(() -> kernels.activateBackward(function, x, dy, write, dx), x, dy, dx);
  }

  @Override
  public void logSigmoid(Buffer x, Buffer y, Buffer slope) {
    Uses.during(() -> kernels.logSigmoid(x, y, slope), x, y, slope);
  }

  @Override
  public void dropoutMask(long seed, double probability, Buffer mask) {
    Uses.during(() -> kernels.dropoutMask(seed, probability, mask), mask);
  }

  @Override
  public void siluGate(Buffer gate, Buffer up, Buffer y) {
    Uses.during(() -> kernels.siluGate(gate, up, y), gate, up, y);
  }

  @Override
  public void siluGateBackward(Buffer gate, Buffer up, Buffer dy, Buffer dGate, Buffer dUp) {
    Uses.during(() -> kernels.siluGateBackward(gate, up, dy, dGate, dUp), gate, up, dy, dGate, dUp);
  }

  @Override
  public void rmsNorm(Buffer x, Buffer weight, double epsilon, Buffer y, Buffer inverse) {
    Uses.during(() -> kernels.rmsNorm(x, weight, epsilon, y, inverse), x, weight, y, inverse);
  }

  @Override
  public void rmsNormBackward(
      Buffer x, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx) {
    Uses.during(
        () -> kernels.rmsNormBackward(x, weight, inverse, dy, write, dx),
        x,
        weight,
        inverse,
        dy,
        dx);
  }

  @Override
  public void layerNorm(LayerNormInput input, Buffer y, Buffer normal, Buffer inverse) {
    Uses.during(
        () -> kernels.layerNorm(input, y, normal, inverse),
        input.x(),
        input.weight(),
        input.bias(),
        y,
        normal,
        inverse);
  }

  @Override
  public void layerNormBackward(
      Buffer normal, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx) {
    Uses.during(
        () -> kernels.layerNormBackward(normal, weight, inverse, dy, write, dx),
        normal,
        weight,
        inverse,
        dy,
        dx);
  }

  @Override
  public void rotate(Buffer x, Rotation rotation, boolean inverse) {
    Uses.during(
        () -> kernels.rotate(x, rotation, inverse),
        x,
        rotation.cosines(),
        rotation.sines(),
        rotation.positions());
  }

  @Override
  public void attention(
      AttentionShape shape, AttentionInput input, Buffer out, @Nullable Buffer weights) {
    Uses.during(
        () -> kernels.attention(shape, input, out, weights),
        input.queries(),
        input.keys(),
        input.values(),
        out,
        weights);
  }

  @Override
  public void attentionBackward(
      AttentionShape shape,
      AttentionInput input,
      Buffer dOut,
      AttentionInput gradients,
      @Nullable Buffer weights) {
    Uses.during(
        () -> kernels.attentionBackward(shape, input, dOut, gradients, weights),
        input.queries(),
        input.keys(),
        input.values(),
        dOut,
        gradients.queries(),
        gradients.keys(),
        gradients.values(),
        weights);
  }

  @Override
  public long keptWeights(AttentionShape shape, DataType type) {
    return kernels.keptWeights(shape, type);
  }

  @Override
  public void gather(Buffer table, Buffer ids, Write write, Buffer out) {
    Uses.during(() -> kernels.gather(table, ids, write, out), table, ids, out);
  }

  @Override
  public void scatterAdd(Buffer x, Buffer ids, double scale, Buffer table) {
    Uses.during(() -> kernels.scatterAdd(x, ids, scale, table), x, ids, table);
  }

  @Override
  public void crossEntropies(
      Buffer logits, Buffer labels, Buffer losses, @Nullable Buffer gradient) {
    Uses.during(
        () -> kernels.crossEntropies(logits, labels, losses, gradient),
        logits,
        labels,
        losses,
        gradient);
  }

  @Override
  public void convolution(ConvolutionShape shape, Buffer x, Buffer weight, Buffer y) {
    Uses.during(() -> kernels.convolution(shape, x, weight, y), x, weight, y);
  }

  @Override
  public void convolutionInputGradient(
      ConvolutionShape shape, Buffer dy, Buffer weight, Write write, Buffer dx) {
    Uses.during(
        () -> kernels.convolutionInputGradient(shape, dy, weight, write, dx), dy, weight, dx);
  }

  @Override
  public void convolutionWeightGradient(
      ConvolutionShape shape, Buffer x, Buffer dy, Write write, Buffer dWeight) {
    Uses.during(
        () -> kernels.convolutionWeightGradient(shape, x, dy, write, dWeight), x, dy, dWeight);
  }

  @Override
  public void pool(PoolingShape shape, Buffer x, Buffer y) {
    Uses.during(() -> kernels.pool(shape, x, y), x, y);
  }

  @Override
  public void poolBackward(
      PoolingShape shape, @Nullable Buffer x, Buffer dy, Write write, Buffer dx) {
    Uses.during(() -> kernels.poolBackward(shape, x, dy, write, dx), x, dy, dx);
  }

  @Override
  public double squaredNorm(Buffer x) {
    Buffer placed = place(x);
    try {
      return Uses.during(() -> kernels.squaredNorm(placed), placed, x);
    } finally {
      if (placed != x) {
        placed.memory().close();
      }
    }
  }

  @Override
  public void adamW(Buffer parameters, Buffer gradients, Buffer m, Buffer v, AdamWStep step) {
    Uses.during(
        () -> kernels.adamW(parameters, gradients, m, v, step), parameters, gradients, m, v);
  }

  @Override
  public void lerp(Buffer end, double weight, Buffer x) {
    Uses.during(() -> kernels.lerp(end, weight, x), end, x);
  }
}
