package org.peft4j.nd4j;

import static org.peft4j.nd4j.ArrayMath.column;
import static org.peft4j.nd4j.ArrayMath.product;
import static org.peft4j.nd4j.ArrayMath.row;
import static org.peft4j.nd4j.ArrayMath.write;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Blocks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.DropoutMask;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Indices;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.LayerNormInput;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.NativeEnvironment;
import org.peft4j.kernel.Rotation;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * Kernels made of ND4J's own operations, for whatever backend of ND4J is on the class path, in
 * float32 and float64. Arrays are reached through ND4J alone, so they may lie on a device.
 *
 * <p>The portable choice and the yardstick for others; on a CPU, kernels that go past ND4J's
 * element-wise operations are several times faster.
 */
public final class Nd4jKernels implements Kernels {

  static final String NAME = "nd4j";

  private final boolean onHost;

  /** Kernels on the backend that ND4J has found. */
  public Nd4jKernels() {
    this(isHostBackend());
  }

  /** Without host memory, what runs on a device can be tested on a CPU. */
  Nd4jKernels(boolean onHost) {
    this.onHost = onHost;
  }

  private static boolean isHostBackend() {
    NativeEnvironment.prepare();
    return Nd4jTypes.isHostBackend();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Memory allocate(DataType type, long length) {
    return onHost
        ? HostMemory.allocate(type, length)
        : new Nd4jMemory(Nd4j.createUninitialized(Nd4jTypes.to(type), length));
  }

  @Override
  public boolean reads(Memory memory) {
    return memory instanceof Nd4jMemory || onHost && memory instanceof HostMemory;
  }

  @Override
  public FrozenWeight freeze(Buffer weight) {
    return new PlainWeight(this, weight);
  }

  // ---- products ----

  @Override
  public void timesTransposed(Buffer a, Buffer b, Write write, Buffer out) {
    product(Views.matrix(a), false, Views.matrix(b), true, write, Views.matrix(out));
  }

  @Override
  public void times(Buffer a, Buffer b, Write write, Buffer out) {
    product(Views.matrix(a), false, Views.matrix(b), false, write, Views.matrix(out));
  }

  @Override
  public void transposedTimes(Buffer a, Buffer b, Write write, Buffer out) {
    product(Views.matrix(a), true, Views.matrix(b), false, write, Views.matrix(out));
  }

  @Override
  public void blockTimes(Blocks a, Blocks b, Write write, Blocks out) {
    for (int i = 0; i < out.count(); i++) {
      write(block(a, i).mmul(block(b, i)), write, block(out, i));
    }
  }

  private static INDArray block(Blocks blocks, int i) {
    INDArray matrix =
        ArrayMath.window(
            Views.matrix(blocks.buffer()),
            (long) i * blocks.distance(),
            blocks.rows(),
            blocks.columns(),
            blocks.stride());
    return blocks.transposed() ? matrix.transpose() : matrix;
  }

  // ---- moving and element-wise ----

  @Override
  public void fill(double value, Buffer out) {
    Views.matrix(out).assign(value);
  }

  @Override
  public void put(Buffer x, Write write, Buffer out) {
    write(Views.matrix(x.reshape(out.shape())), write, Views.matrix(out));
  }

  @Override
  public void transpose(Buffer x, Write write, Buffer out) {
    write(Views.matrix(x).transpose(), write, Views.matrix(out));
  }

  @Override
  public void add(Buffer a, Buffer b, Buffer out) {
    write(Views.matrix(a).add(Views.matrix(b)), Write.SET, Views.matrix(out));
  }

  @Override
  public void multiply(Buffer a, Buffer b, Write write, Buffer out) {
    write(Views.matrix(a).mul(Views.matrix(b)), write, Views.matrix(out));
  }

  @Override
  public void divide(Buffer a, Buffer b, Write write, Buffer out) {
    write(Views.matrix(a).div(Views.matrix(b)), write, Views.matrix(out));
  }

  @Override
  public void squareRoot(Buffer x, Buffer out) {
    Views.matrix(out).assign(Transforms.sqrt(Views.matrix(x), true));
  }

  @Override
  public void exp(Buffer x, Buffer y) {
    Views.matrix(y).assign(Transforms.exp(Views.matrix(x), true));
  }

  @Override
  public void log(Buffer x, Buffer y) {
    Views.matrix(y).assign(Transforms.log(Views.matrix(x), true));
  }

  @Override
  public void softmax(Buffer x, Buffer y) {
    INDArray shares = Views.matrix(x).dup('c');
    INDArray sums = ArrayMath.exponentials(shares);
    Views.matrix(y).assign(shares.diviColumnVector(sums));
  }

  @Override
  public void logSoftmax(Buffer x, Buffer y) {
    INDArray scores = Views.matrix(x);
    INDArray below = scores.subColumnVector(scores.max(true, 1));
    INDArray sums = Transforms.exp(below, true).sum(true, 1);
    Views.matrix(y).assign(below.subiColumnVector(Transforms.log(sums, false)));
  }

  @Override
  public void addRow(Buffer row, Buffer out) {
    Views.matrix(out).addiRowVector(row(row));
  }

  @Override
  public void multiplyRow(Buffer x, Buffer row, Write write, Buffer out) {
    write(Views.matrix(x).mulRowVector(row(row)), write, Views.matrix(out));
  }

  @Override
  public void multiplyColumn(Buffer x, Buffer column, Write write, Buffer out) {
    write(Views.matrix(x).mulColumnVector(column(column)), write, Views.matrix(out));
  }

  @Override
  public void multiplyBoth(Buffer x, Buffer column, Buffer row, Buffer out) {
    INDArray scaled = Views.matrix(x).mulRowVector(row(row)).muliColumnVector(column(column));
    write(scaled, Write.SET, Views.matrix(out));
  }

  @Override
  public void dotRows(Buffer a, Buffer b, Buffer row, Write write, Buffer out) {
    INDArray products = Views.matrix(a).mul(Views.matrix(b)).muliRowVector(row(row));
    write(products.sum(true, 1), write, column(out));
  }

  @Override
  public void dotColumns(Buffer a, Buffer b, Buffer column, Write write, Buffer out) {
    INDArray products = Views.matrix(a).mulColumnVector(column(column)).muli(Views.matrix(b));
    write(products.sum(true, 0), write, row(out));
  }

  @Override
  public void sumRows(Buffer x, Write write, Buffer out) {
    write(Views.matrix(x).sum(true, 0), write, row(out));
  }

  @Override
  public void sumRowProducts(Buffer a, Buffer b, Write write, Buffer out) {
    write(Views.matrix(a).mul(Views.matrix(b)).sum(true, 0), write, row(out));
  }

  @Override
  public void sumTiles(Buffer x, Write write, Buffer out) {
    int r = out.columns();
    INDArray sum = Nd4j.zeros(Nd4jTypes.to(x.type()), x.rows(), r);
    for (int start = 0; start < x.columns(); start += r) {
      int width = Math.min(r, x.columns() - start);
      INDArray tile = ArrayMath.window(Views.matrix(x), start, x.rows(), width, x.columns());
      ArrayMath.window(sum, 0, x.rows(), width, r).addi(tile);
    }
    write(sum, write, Views.matrix(out));
  }

  @Override
  public void tile(Buffer x, Write write, Buffer out) {
    int r = x.columns();
    for (int start = 0; start < out.columns(); start += r) {
      int width = Math.min(r, out.columns() - start);
      INDArray tile = ArrayMath.window(Views.matrix(x), 0, x.rows(), width, r);
      write(
          tile, write, ArrayMath.window(Views.matrix(out), start, x.rows(), width, out.columns()));
    }
  }

  @Override
  public void activate(Activation function, Buffer x, Buffer y) {
    Views.matrix(y).assign(Nd4jActivations.value(function, Views.matrix(x)));
  }

  @Override
  public void activateBackward(Activation function, Buffer x, Buffer dy, Write write, Buffer dx) {
    INDArray slope = Nd4jActivations.derivative(function, Views.matrix(x));
    write(slope.muli(Views.matrix(dy)), write, Views.matrix(dx));
  }

  @Override
  public void dropoutMask(long seed, double probability, Buffer mask) {
    mask.put(DropoutMask.drawn(seed, probability, Math.toIntExact(mask.length())));
  }

  @Override
  public void siluGate(Buffer gate, Buffer up, Buffer y) {
    INDArray opened = Nd4jActivations.value(Activation.SILU, Views.matrix(gate));
    Views.matrix(y).assign(opened.muli(Views.matrix(up)));
  }

  @Override
  public void siluGateBackward(Buffer gate, Buffer up, Buffer dy, Buffer dGate, Buffer dUp) {
    INDArray slope = Nd4jActivations.derivative(Activation.SILU, Views.matrix(gate));
    Views.matrix(dGate).assign(slope.muli(Views.matrix(up)).muli(Views.matrix(dy)));
    INDArray opened = Nd4jActivations.value(Activation.SILU, Views.matrix(gate));
    Views.matrix(dUp).assign(opened.muli(Views.matrix(dy)));
  }

  // ---- norms ----

  @Override
  public void rmsNorm(Buffer x, Buffer weight, double epsilon, Buffer y, Buffer inverse) {
    INDArray factor = ArrayMath.inverseRootMeanSquare(Views.matrix(x), epsilon);
    column(inverse).assign(factor);
    Views.matrix(y).assign(Views.matrix(x).mulColumnVector(factor).muliRowVector(row(weight)));
  }

  @Override
  public void rmsNormBackward(
      Buffer x, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx) {
    INDArray normal = Views.matrix(x).mulColumnVector(column(inverse));
    INDArray slope = Views.matrix(dy).mulRowVector(row(weight));
    INDArray along = slope.mul(normal).mean(true, 1);
    slope.subi(normal.muliColumnVector(along)).muliColumnVector(column(inverse));
    write(slope, write, Views.matrix(dx));
  }

  @Override
  public void layerNorm(LayerNormInput input, Buffer y, Buffer normal, Buffer inverse) {
    INDArray x = Views.matrix(input.x());
    INDArray centred = x.subColumnVector(x.mean(true, 1));
    INDArray factor = ArrayMath.inverseRootMeanSquare(centred, input.epsilon());
    column(inverse).assign(factor);
    Views.matrix(normal).assign(centred.muliColumnVector(factor));
    Views.matrix(y)
        .assign(centred.muliRowVector(row(input.weight())).addiRowVector(row(input.bias())));
  }

  @Override
  public void layerNormBackward(
      Buffer normal, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx) {
    INDArray slope = Views.matrix(dy).mulRowVector(row(weight));
    INDArray along = slope.mul(Views.matrix(normal)).mean(true, 1);
    slope.subiColumnVector(slope.mean(true, 1));
    slope.subi(Views.matrix(normal).mulColumnVector(along)).muliColumnVector(column(inverse));
    write(slope, write, Views.matrix(dx));
  }

  // ---- attention ----

  @Override
  public void rotate(Buffer x, Rotation rotation, boolean inverse) {
    int[] positions = rotation.positions().toInts();
    INDArray cosines = angles(rotation.cosines(), positions, x.type());
    INDArray sines = angles(rotation.sines(), positions, x.type());
    if (inverse) {
      sines.negi();
    }
    int half = rotation.headSize() / 2;
    for (int head = 0; head < x.columns(); head += rotation.headSize()) {
      INDArray left = ArrayMath.window(Views.matrix(x), head, x.rows(), half, x.columns());
      INDArray right = ArrayMath.window(Views.matrix(x), head + half, x.rows(), half, x.columns());
      INDArray turned = left.mul(cosines).subi(right.mul(sines));
      right.assign(right.mul(cosines).addi(left.mul(sines)));
      left.assign(turned);
    }
  }

  /** The table's rows for the given positions, [n, size / 2]. */
  private static INDArray angles(Buffer table, int[] positions, DataType type) {
    INDArray rows = Nd4j.create(Nd4jTypes.to(type), positions.length, table.columns());
    for (int i = 0; i < positions.length; i++) {
      INDArray row = Views.matrix(table.rows(positions[i], positions[i] + 1));
      ArrayMath.window(rows, (long) i * table.columns(), 1, table.columns(), table.columns())
          .assign(row);
    }
    return rows;
  }

  @Override
  public void attention(
      AttentionShape shape, AttentionInput input, Buffer out, @Nullable Buffer weights) {
    new Nd4jAttention(shape, input).forward(out);
  }

  @Override
  public void attentionBackward(
      AttentionShape shape,
      AttentionInput input,
      Buffer dOut,
      AttentionInput gradients,
      @Nullable Buffer weights) {
    new Nd4jAttention(shape, input).backward(dOut, gradients);
  }

  // ---- tokens ----

  @Override
  public void gather(Buffer table, Buffer named, Write write, Buffer out) {
    int[] ids = Indices.ofRows(named, table, out);
    for (int i = 0; i < ids.length; i++) {
      INDArray source = Views.matrix(table.rows(ids[i], ids[i] + 1));
      write(source, write, Views.matrix(out.rows(i, i + 1)));
    }
  }

  @Override
  public void scatterAdd(Buffer x, Buffer named, double scale, Buffer table) {
    int[] ids = Indices.ofRows(named, table, x);
    for (int i = 0; i < ids.length; i++) {
      INDArray target = Views.matrix(table.rows(ids[i], ids[i] + 1));
      write(Views.matrix(x.rows(i, i + 1)), Write.add(scale), target);
    }
  }

  @Override
  public void crossEntropies(
      Buffer logits, Buffer named, Buffer target, @Nullable Buffer gradient) {
    int[] labels = Indices.ofColumns(named, logits);
    INDArray x = Views.matrix(logits).dup('c');
    INDArray largest = x.max(true, 1);
    INDArray sums = ArrayMath.exponentials(x);
    double[] losses = new double[labels.length];
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] >= 0) {
        double distance = largest.getDouble(i) - Views.matrix(logits).getDouble(i, labels[i]);
        losses[i] = Math.log(sums.getDouble(i)) + distance;
      }
    }
    if (gradient != null) {
      Views.matrix(gradient).assign(x.diviColumnVector(sums));
      subtractLabels(labels, gradient);
    }
    target.put(losses);
  }

  private static void subtractLabels(int[] labels, Buffer probabilities) {
    for (int i = 0; i < labels.length; i++) {
      INDArray row = Views.matrix(probabilities.rows(i, i + 1));
      if (labels[i] < 0) {
        row.assign(0);
      } else {
        row.putScalar(labels[i], row.getDouble(labels[i]) - 1);
      }
    }
  }

  // ---- training ----

  @Override
  public void sum(Buffer x, Write write, Buffer out) {
    write(wide(x).sum(true, 0, 1), write, Views.matrix(out));
  }

  @Override
  public void sumSquares(Buffer x, Write write, Buffer out) {
    INDArray wide = wide(x);
    write(wide.mul(wide).sum(true, 0, 1), write, Views.matrix(out));
  }

  @Override
  public double squaredNorm(Buffer x) {
    INDArray wide = wide(x);
    return wide.mul(wide).sumNumber().doubleValue();
  }

  private static INDArray wide(Buffer x) {
    return Views.matrix(x).castTo(org.nd4j.linalg.api.buffer.DataType.DOUBLE);
  }

  @Override
  public void adamW(Buffer parameters, Buffer gradients, Buffer m, Buffer v, AdamWStep step) {
    Shape shape = parameters.shape();
    INDArray p = Views.matrix(parameters);
    INDArray g = Views.matrix(gradients.reshape(shape));
    INDArray mean = Views.matrix(m.reshape(shape));
    INDArray square = Views.matrix(v.reshape(shape));
    mean.muli(step.beta1()).addi(g.mul(1 - step.beta1()));
    square.muli(step.beta2()).addi(g.mul(g).muli(1 - step.beta2()));
    INDArray root = Transforms.sqrt(square, true).muli(step.rootCorrection());
    p.muli(1 - step.learningRate() * step.weightDecay());
    p.subi(mean.div(root.addi(step.epsilon())).muli(step.correctedRate()));
  }

  @Override
  public void lerp(Buffer end, double weight, Buffer x) {
    INDArray moved = Views.matrix(x);
    moved.addi(Views.matrix(end.reshape(x.shape())).sub(moved).muli(weight));
  }

  /** A weight as it is: ND4J's products want no other layout. */
  private record PlainWeight(Kernels kernels, Buffer value) implements FrozenWeight {

    @Override
    public Shape shape() {
      return value.shape();
    }

    @Override
    public void apply(Buffer x, Write write, Buffer y) {
      kernels.timesTransposed(x, value, write, y);
    }

    @Override
    public void applyTransposed(Buffer dy, Write write, Buffer dx) {
      kernels.times(dy, value, write, dx);
    }
  }
}
