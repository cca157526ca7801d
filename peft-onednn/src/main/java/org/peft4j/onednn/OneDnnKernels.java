package org.peft4j.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Blocks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.DropoutMask;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Indices;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.LayerNormInput;
import org.peft4j.kernel.PoolingShape;
import org.peft4j.kernel.Rotation;
import org.peft4j.kernel.Write;

/**
 * The fast kernels for the CPU, in float32 and bfloat16: oneDNN's primitives, and loops over host
 * memory for what oneDNN lacks. One instance may serve several threads.
 *
 * <p>With the same inputs and the same number of threads the results are the same to the bit. Once
 * all shapes have occurred, calls allocate nothing outside the Java heap.
 */
public final class OneDnnKernels implements Kernels {

  static final String NAME = "onednn";

  private final DataType passedOn;
  private final OneDnn oneDnn;
  private final Scratch inputs = new Scratch();
  private final OneDnnElements elements;
  private final OneDnnProducts products;
  private final OneDnnTiles tiles;
  private final OneDnnNorms norms;
  private final OneDnnAttention attention;
  private final OneDnnCrossEntropy crossEntropy;
  private final OneDnnConvolution convolution;
  private final OneDnnPooling pooling;

  /** Float32 kernels; see {@link #OneDnnKernels(DataType)}. */
  public OneDnnKernels() {
    this(DataType.FLOAT32);
  }

  /**
   * Loads the native library.
   *
   * @param passedOn the type in which layers pass on what they computed: FLOAT32 or BFLOAT16
   * @throws LinkageError if that is not on the class path
   */
  public OneDnnKernels(DataType passedOn) {
    this(passedOn, OneDnn.CACHED_PRIMITIVES);
  }

  /** With a cache of another size. */
  OneDnnKernels(DataType passedOn, int cachedPrimitives) {
    FloatView.check(passedOn);
    oneDnn = new OneDnn(cachedPrimitives);
    this.passedOn = passedOn;
    Scratch scratch = new Scratch();
    elements = new OneDnnElements(oneDnn, scratch);
    products = new OneDnnProducts(oneDnn, elements);
    tiles = new OneDnnTiles(products);
    norms = new OneDnnNorms(oneDnn, elements, products);
    attention = new OneDnnAttention(oneDnn);
    crossEntropy = new OneDnnCrossEntropy(oneDnn, scratch);
    convolution = new OneDnnConvolution(oneDnn, elements);
    pooling = new OneDnnPooling(oneDnn, elements);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public DataType passedOn(DataType type) {
    return passedOn;
  }

  @Override
  public HostMemory allocate(DataType type, long length) {
    return HostMemory.allocate(type, length);
  }

  @Override
  public FrozenWeight freeze(Buffer weight) {
    FloatView.check(weight.type());
    return new OneDnnFrozenWeight(oneDnn, inputs, weight);
  }

  @Override
  public void timesTransposed(Buffer a, Buffer b, Write write, Buffer out) {
    products.timesTransposed(a, b, write, out);
  }

  @Override
  public void times(Buffer a, Buffer b, Write write, Buffer out) {
    products.times(a, b, write, out);
  }

  @Override
  public void transposedTimes(Buffer a, Buffer b, Write write, Buffer out) {
    products.transposedTimes(a, b, write, out);
  }

  @Override
  public void blockTimes(Blocks a, Blocks b, Write write, Blocks out) {
    products.blockTimes(a, b, write, out);
  }

  @Override
  public void gram(Buffer x, Write write, Buffer out) {
    products.gram(x, write, out);
  }

  @Override
  public void fill(double value, Buffer out) {
    HostLoops.fill(value, out);
  }

  @Override
  public void put(Buffer x, Write write, Buffer out) {
    if (x.type() == DataType.FLOAT64 || out.type() == DataType.FLOAT64) {
      HostLoops.convert(x, write, out);
    } else {
      elements.put(x, write, out);
    }
  }

  @Override
  public void transpose(Buffer x, Write write, Buffer out) {
    elements.transpose(x, write, out);
  }

  @Override
  public void add(Buffer a, Buffer b, Buffer out) {
    elements.combine(algorithm.binary_add, a, b, Write.SET, out);
  }

  @Override
  public void multiply(Buffer a, Buffer b, Write write, Buffer out) {
    elements.combine(algorithm.binary_mul, a, b, write, out);
  }

  @Override
  public void divide(Buffer a, Buffer b, Write write, Buffer out) {
    elements.combine(algorithm.binary_div, a, b, write, out);
  }

  @Override
  public void squareRoot(Buffer x, Buffer out) {
    elements.map(algorithm.eltwise_sqrt, x, out);
  }

  @Override
  public void exp(Buffer x, Buffer y) {
    elements.map(algorithm.eltwise_exp, x, y);
  }

  @Override
  public void log(Buffer x, Buffer y) {
    elements.map(algorithm.eltwise_log, x, y);
  }

  @Override
  public void softmax(Buffer x, Buffer y) {
    elements.softmax(algorithm.softmax_accurate, x, y);
  }

  @Override
  public void logSoftmax(Buffer x, Buffer y) {
    elements.softmax(algorithm.softmax_log, x, y);
  }

  @Override
  public void addRow(Buffer row, Buffer out) {
    elements.combineRow(algorithm.binary_add, out, row, Write.SET, out);
  }

  @Override
  public void multiplyRow(Buffer x, Buffer row, Write write, Buffer out) {
    elements.combineRow(algorithm.binary_mul, x, row, write, out);
  }

  @Override
  public void multiplyColumn(Buffer x, Buffer column, Write write, Buffer out) {
    HostLoops.multiplyColumn(x, column, write, out);
  }

  @Override
  public void scale(Buffer x, Buffer factor, Write write, Buffer out) {
    elements.put(x, write.times(factor.toDoubles()[0]), out);
  }

  @Override
  public void multiplyBoth(Buffer x, Buffer column, Buffer row, Buffer out) {
    HostLoops.multiplyBoth(x, column, row, out);
  }

  @Override
  public void dotRows(Buffer a, Buffer b, Buffer row, Write write, Buffer out) {
    products.dotRows(a, b, row, write, out);
  }

  @Override
  public void dotColumns(Buffer a, Buffer b, Buffer column, Write write, Buffer out) {
    HostReductions.dotColumns(a, b, column, write, out);
  }

  @Override
  public void sumRows(Buffer x, Write write, Buffer out) {
    HostReductions.sumRows(x, write, out);
  }

  @Override
  public void sum(Buffer x, Write write, Buffer out) {
    HostReductions.put(Arrays.stream(x.toDoubles()).sum(), write, out);
  }

  @Override
  public void sumSquares(Buffer x, Write write, Buffer out) {
    HostReductions.put(HostReductions.squaredNorm(x), write, out);
  }

  @Override
  public void sumRowProducts(Buffer a, Buffer b, Write write, Buffer out) {
    HostReductions.sumRowProducts(a, b, write, out);
  }

  @Override
  public void sumTiles(Buffer x, Write write, Buffer out) {
    tiles.sumTiles(x, write, out);
  }

  @Override
  public void tile(Buffer x, Write write, Buffer out) {
    tiles.tile(x, write, out);
  }

  @Override
  public void activate(Activation function, Buffer x, Buffer y) {
    elements.activate(function, x, y);
  }

  @Override
  public void activateBackward(Activation function, Buffer x, Buffer dy, Write write, Buffer dx) {
    elements.activateBackward(function, x, dy, write, dx);
  }

  @Override
  public void logSigmoid(Buffer x, Buffer y, Buffer slope) {
    HostLoops.logSigmoid(x, y, slope);
  }

  @Override
  public void dropoutMask(long seed, double probability, Buffer mask) {
    mask.put(DropoutMask.drawn(seed, probability, Math.toIntExact(mask.length())));
  }

  @Override
  public void siluGate(Buffer gate, Buffer up, Buffer y) {
    elements.siluGate(gate, up, y);
  }

  @Override
  public void siluGateBackward(Buffer gate, Buffer up, Buffer dy, Buffer dGate, Buffer dUp) {
    elements.siluGateBackward(gate, up, dy, dGate, dUp);
  }

  @Override
  public void rmsNorm(Buffer x, Buffer weight, double epsilon, Buffer y, Buffer inverse) {
    norms.rmsNorm(x, weight, epsilon, y, inverse);
  }

  @Override
  public void rmsNormBackward(
      Buffer x, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx) {
    norms.rmsNormBackward(x, weight, inverse, dy, write, dx);
  }

  @Override
  public void layerNorm(LayerNormInput input, Buffer y, Buffer normal, Buffer inverse) {
    HostNorms.layerNorm(input, y, normal, inverse);
  }

  @Override
  public void layerNormBackward(
      Buffer normal, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx) {
    HostNorms.layerNormBackward(normal, weight, inverse, single(dy), write, dx);
  }

  @Override
  public void rotate(Buffer x, Rotation rotation, boolean inverse) {
    Buffer wide = single(x);
    HostLoops.rotate(wide, rotation, inverse);
    if (wide != x) {
      elements.put(wide, Write.SET, x);
    }
  }

  /** For loops over rows: oneDNN widens a whole matrix faster than they would row by row. */
  private Buffer single(Buffer x) {
    return oneDnn.as(DataType.FLOAT32, x, inputs);
  }

  @Override
  public long keptWeights(AttentionShape shape, DataType type) {
    return OneDnnAttention.keptWeights(shape, type);
  }

  @Override
  public void attention(
      AttentionShape shape, AttentionInput input, Buffer out, @Nullable Buffer weights) {
    attention.forward(shape, input, out, weights);
  }

  @Override
  public void attentionBackward(
      AttentionShape shape,
      AttentionInput input,
      Buffer dOut,
      AttentionInput gradients,
      @Nullable Buffer weights) {
    attention.backward(shape, input, dOut, gradients, weights);
  }

  @Override
  public void gather(Buffer table, Buffer ids, Write write, Buffer out) {
    elements.gather(table, Indices.ofRows(ids, table, out), write, out);
  }

  @Override
  public void scatterAdd(Buffer x, Buffer ids, double scale, Buffer table) {
    HostLoops.scatterAdd(x, Indices.ofRows(ids, table, x), scale, table);
  }

  @Override
  public void crossEntropies(
      Buffer logits, Buffer labels, Buffer losses, @Nullable Buffer gradient) {
    losses.put(crossEntropy.run(logits, Indices.ofColumns(labels, logits), gradient));
  }

  @Override
  public void convolution(ConvolutionShape shape, Buffer x, Buffer weight, Buffer y) {
    convolution.forward(shape, x, weight, y);
  }

  @Override
  public void convolutionInputGradient(
      ConvolutionShape shape, Buffer dy, Buffer weight, Write write, Buffer dx) {
    convolution.inputGradient(shape, dy, weight, write, dx);
  }

  @Override
  public void convolutionWeightGradient(
      ConvolutionShape shape, Buffer x, Buffer dy, Write write, Buffer dWeight) {
    convolution.weightGradient(shape, x, dy, write, dWeight);
  }

  @Override
  public void pool(PoolingShape shape, Buffer x, Buffer y) {
    pooling.forward(shape, x, y);
  }

  @Override
  public void poolBackward(
      PoolingShape shape, @Nullable Buffer x, Buffer dy, Write write, Buffer dx) {
    pooling.backward(shape, x, dy, write, dx);
  }

  @Override
  public double squaredNorm(Buffer x) {
    return HostReductions.squaredNorm(x);
  }

  @Override
  public void adamW(Buffer parameters, Buffer gradients, Buffer m, Buffer v, AdamWStep step) {
    HostLoops.adamW(parameters, gradients, m, v, step);
  }

  @Override
  public void lerp(Buffer end, double weight, Buffer x) {
    HostLoops.lerp(end, weight, x);
  }
}
