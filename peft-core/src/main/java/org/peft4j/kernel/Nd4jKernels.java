package org.peft4j.kernel;

import static org.peft4j.kernel.Nd4jArrays.column;
import static org.peft4j.kernel.Nd4jArrays.product;
import static org.peft4j.kernel.Nd4jArrays.row;
import static org.peft4j.kernel.Nd4jArrays.write;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Kernels made of ND4J's own operations, for whatever backend of ND4J is on the class path, in
 * float32 and float64. Arrays are reached through ND4J alone, so they may lie on a device.
 *
 * <p>The portable choice and the yardstick for others; on a CPU, kernels that go past ND4J's
 * element-wise operations are several times faster.
 */
public final class Nd4jKernels implements Kernels {

  static final String NAME = "nd4j";

  static {
    NativeEnvironment.prepare();
  }

  private final boolean onHost;

  /** Kernels on the backend that ND4J has found. */
  public Nd4jKernels() {
    this(Nd4jTypes.isHostBackend());
  }

  /** Without host memory, what runs on a device can be tested on a CPU. */
  Nd4jKernels(boolean onHost) {
    this.onHost = onHost;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Memory allocate(DataType type, long length) {
    return onHost
        ? Memory.allocate(type, length)
        : Memory.of(Nd4j.createUninitialized(Nd4jTypes.to(type), length), false);
  }

  @Override
  public FrozenWeight freeze(Buffer weight) {
    return new PlainWeight(this, weight);
  }

  // ---- products ----

  @Override
  public void timesTransposed(Buffer a, Buffer b, Write write, Buffer out) {
    product(a.innerMatrix(), false, b.innerMatrix(), true, write, out.innerMatrix());
  }

  @Override
  public void times(Buffer a, Buffer b, Write write, Buffer out) {
    product(a.innerMatrix(), false, b.innerMatrix(), false, write, out.innerMatrix());
  }

  @Override
  public void transposedTimes(Buffer a, Buffer b, Write write, Buffer out) {
    product(a.innerMatrix(), true, b.innerMatrix(), false, write, out.innerMatrix());
  }

  @Override
  public void blockTimes(Blocks a, Blocks b, Write write, Blocks out) {
    for (int i = 0; i < out.count(); i++) {
      write(block(a, i).mmul(block(b, i)), write, block(out, i));
    }
  }

  private static INDArray block(Blocks blocks, int i) {
    INDArray matrix =
        Nd4jArrays.window(
            blocks.buffer().innerMatrix(),
            (long) i * blocks.distance(),
            blocks.rows(),
            blocks.columns(),
            blocks.stride());
    return blocks.transposed() ? matrix.transpose() : matrix;
  }

  // ---- moving and element-wise ----

  @Override
  public void fill(double value, Buffer out) {
    out.innerMatrix().assign(value);
  }

  @Override
  public void put(Buffer x, Write write, Buffer out) {
    write(x.reshape(out.shape()).innerMatrix(), write, out.innerMatrix());
  }

  @Override
  public void transpose(Buffer x, Write write, Buffer out) {
    write(x.innerMatrix().transpose(), write, out.innerMatrix());
  }

  @Override
  public void add(Buffer a, Buffer b, Buffer out) {
    write(a.innerMatrix().add(b.innerMatrix()), Write.SET, out.innerMatrix());
  }

  @Override
  public void multiply(Buffer a, Buffer b, Write write, Buffer out) {
    write(a.innerMatrix().mul(b.innerMatrix()), write, out.innerMatrix());
  }

  @Override
  public void divide(Buffer a, Buffer b, Write write, Buffer out) {
    write(a.innerMatrix().div(b.innerMatrix()), write, out.innerMatrix());
  }

  @Override
  public void squareRoot(Buffer x, Buffer out) {
    out.innerMatrix().assign(Transforms.sqrt(x.innerMatrix(), true));
  }

  @Override
  public void addRow(Buffer row, Buffer out) {
    out.innerMatrix().addiRowVector(row(row));
  }

  @Override
  public void multiplyRow(Buffer x, Buffer row, Write write, Buffer out) {
    write(x.innerMatrix().mulRowVector(row(row)), write, out.innerMatrix());
  }

  @Override
  public void multiplyBoth(Buffer x, Buffer column, Buffer row, Buffer out) {
    INDArray scaled = x.innerMatrix().mulRowVector(row(row)).muliColumnVector(column(column));
    write(scaled, Write.SET, out.innerMatrix());
  }

  @Override
  public void dotRows(Buffer a, Buffer b, Buffer row, Write write, Buffer out) {
    INDArray products = a.innerMatrix().mul(b.innerMatrix()).muliRowVector(row(row));
    write(products.sum(true, 1), write, column(out));
  }

  @Override
  public void dotColumns(Buffer a, Buffer b, Buffer column, Write write, Buffer out) {
    INDArray products = a.innerMatrix().mulColumnVector(column(column)).muli(b.innerMatrix());
    write(products.sum(true, 0), write, row(out));
  }

  @Override
  public void sumRows(Buffer x, Write write, Buffer out) {
    write(x.innerMatrix().sum(true, 0), write, row(out));
  }

  @Override
  public void sumRowProducts(Buffer a, Buffer b, Write write, Buffer out) {
    write(a.innerMatrix().mul(b.innerMatrix()).sum(true, 0), write, row(out));
  }

  @Override
  public void sumTiles(Buffer x, Write write, Buffer out) {
    int r = out.columns();
    INDArray sum = Nd4j.zeros(Nd4jTypes.to(x.type()), x.rows(), r);
    for (int start = 0; start < x.columns(); start += r) {
      int width = Math.min(r, x.columns() - start);
      INDArray tile = Nd4jArrays.window(x.innerMatrix(), start, x.rows(), width, x.columns());
      Nd4jArrays.window(sum, 0, x.rows(), width, r).addi(tile);
    }
    write(sum, write, out.innerMatrix());
  }

  @Override
  public void tile(Buffer x, Write write, Buffer out) {
    int r = x.columns();
    for (int start = 0; start < out.columns(); start += r) {
      int width = Math.min(r, out.columns() - start);
      INDArray tile = Nd4jArrays.window(x.innerMatrix(), 0, x.rows(), width, r);
      write(
          tile, write, Nd4jArrays.window(out.innerMatrix(), start, x.rows(), width, out.columns()));
    }
  }

  @Override
  public void activate(Activation function, Buffer x, Buffer y) {
    y.innerMatrix().assign(Nd4jActivations.value(function, x.innerMatrix()));
  }

  @Override
  public void activateBackward(Activation function, Buffer x, Buffer dy, Write write, Buffer dx) {
    INDArray slope = Nd4jActivations.derivative(function, x.innerMatrix());
    write(slope.muli(dy.innerMatrix()), write, dx.innerMatrix());
  }

  @Override
  public void siluGate(Buffer gate, Buffer up, Buffer y) {
    INDArray opened = Nd4jActivations.value(Activation.SILU, gate.innerMatrix());
    y.innerMatrix().assign(opened.muli(up.innerMatrix()));
  }

  @Override
  public void siluGateBackward(Buffer gate, Buffer up, Buffer dy, Buffer dGate, Buffer dUp) {
    INDArray slope = Nd4jActivations.derivative(Activation.SILU, gate.innerMatrix());
    dGate.innerMatrix().assign(slope.muli(up.innerMatrix()).muli(dy.innerMatrix()));
    INDArray opened = Nd4jActivations.value(Activation.SILU, gate.innerMatrix());
    dUp.innerMatrix().assign(opened.muli(dy.innerMatrix()));
  }

  // ---- norms ----

  @Override
  public void rmsNorm(Buffer x, Buffer weight, double epsilon, Buffer y, Buffer inverse) {
    INDArray factor = Nd4jArrays.inverseRootMeanSquare(x.innerMatrix(), epsilon);
    column(inverse).assign(factor);
    y.innerMatrix().assign(x.innerMatrix().mulColumnVector(factor).muliRowVector(row(weight)));
  }

  @Override
  public void rmsNormBackward(
      Buffer x, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx) {
    INDArray normal = x.innerMatrix().mulColumnVector(column(inverse));
    INDArray slope = dy.innerMatrix().mulRowVector(row(weight));
    INDArray along = slope.mul(normal).mean(true, 1);
    slope.subi(normal.muliColumnVector(along)).muliColumnVector(column(inverse));
    write(slope, write, dx.innerMatrix());
  }

  @Override
  public void layerNorm(LayerNormInput input, Buffer y, Buffer normal, Buffer inverse) {
    INDArray x = input.x().innerMatrix();
    INDArray centred = x.subColumnVector(x.mean(true, 1));
    INDArray factor = Nd4jArrays.inverseRootMeanSquare(centred, input.epsilon());
    column(inverse).assign(factor);
    normal.innerMatrix().assign(centred.muliColumnVector(factor));
    y.innerMatrix()
        .assign(centred.muliRowVector(row(input.weight())).addiRowVector(row(input.bias())));
  }

  @Override
  public void layerNormBackward(
      Buffer normal, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx) {
    INDArray slope = dy.innerMatrix().mulRowVector(row(weight));
    INDArray along = slope.mul(normal.innerMatrix()).mean(true, 1);
    slope.subiColumnVector(slope.mean(true, 1));
    slope.subi(normal.innerMatrix().mulColumnVector(along)).muliColumnVector(column(inverse));
    write(slope, write, dx.innerMatrix());
  }

  // ---- attention ----

  @Override
  public void rotate(Buffer x, Rotation rotation, boolean inverse) {
    INDArray cosines = angles(rotation.cosines(), rotation.positions(), x.type());
    INDArray sines = angles(rotation.sines(), rotation.positions(), x.type());
    if (inverse) {
      sines.negi();
    }
    int half = rotation.headSize() / 2;
    for (int head = 0; head < x.columns(); head += rotation.headSize()) {
      INDArray left = Nd4jArrays.window(x.innerMatrix(), head, x.rows(), half, x.columns());
      INDArray right = Nd4jArrays.window(x.innerMatrix(), head + half, x.rows(), half, x.columns());
      INDArray turned = left.mul(cosines).subi(right.mul(sines));
      right.assign(right.mul(cosines).addi(left.mul(sines)));
      left.assign(turned);
    }
  }

  /** The table's rows for the given positions, [n, size / 2]. */
  private static INDArray angles(float[][] table, int[] positions, DataType type) {
    float[][] rows = new float[positions.length][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = table[positions[i]];
    }
    return Nd4j.createFromArray(rows).castTo(Nd4jTypes.to(type));
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
  public void gather(Buffer table, int[] ids, Write write, Buffer out) {
    Indices.requireRows(ids, table, out);
    for (int i = 0; i < ids.length; i++) {
      INDArray source = table.rows(ids[i], ids[i] + 1).innerMatrix();
      write(source, write, out.rows(i, i + 1).innerMatrix());
    }
  }

  @Override
  public void scatterAdd(Buffer x, int[] ids, double scale, Buffer table) {
    Indices.requireRows(ids, table, x);
    for (int i = 0; i < ids.length; i++) {
      INDArray target = table.rows(ids[i], ids[i] + 1).innerMatrix();
      write(x.rows(i, i + 1).innerMatrix(), Write.add(scale), target);
    }
  }

  @Override
  public double[] crossEntropies(Buffer logits, int[] labels, @Nullable Buffer gradient) {
    Indices.requireLabels(labels, logits);
    INDArray x = logits.innerMatrix().dup('c');
    INDArray largest = x.max(true, 1);
    INDArray sums = Nd4jArrays.exponentials(x);
    double[] losses = new double[labels.length];
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] >= 0) {
        double distance = largest.getDouble(i) - logits.innerMatrix().getDouble(i, labels[i]);
        losses[i] = Math.log(sums.getDouble(i)) + distance;
      }
    }
    if (gradient != null) {
      gradient.innerMatrix().assign(x.diviColumnVector(sums));
      subtractLabels(labels, gradient);
    }
    return losses;
  }

  private static void subtractLabels(int[] labels, Buffer probabilities) {
    for (int i = 0; i < labels.length; i++) {
      INDArray row = probabilities.rows(i, i + 1).innerMatrix();
      if (labels[i] < 0) {
        row.assign(0);
      } else {
        row.putScalar(labels[i], row.getDouble(labels[i]) - 1);
      }
    }
  }

  // ---- training ----

  @Override
  public double squaredNorm(Buffer x) {
    INDArray wide = x.innerMatrix().castTo(org.nd4j.linalg.api.buffer.DataType.DOUBLE);
    return wide.mul(wide).sumNumber().doubleValue();
  }

  @Override
  public void adamW(Buffer parameters, Buffer gradients, Buffer m, Buffer v, AdamWStep step) {
    Shape shape = parameters.shape();
    INDArray p = parameters.innerMatrix();
    INDArray g = gradients.reshape(shape).innerMatrix();
    INDArray mean = m.reshape(shape).innerMatrix();
    INDArray square = v.reshape(shape).innerMatrix();
    mean.muli(step.beta1()).addi(g.mul(1 - step.beta1()));
    square.muli(step.beta2()).addi(g.mul(g).muli(1 - step.beta2()));
    INDArray root = Transforms.sqrt(square, true).muli(step.rootCorrection());
    p.muli(1 - step.learningRate() * step.weightDecay());
    p.subi(mean.div(root.addi(step.epsilon())).muli(step.correctedRate()));
  }

  @Override
  public void lerp(Buffer end, double weight, Buffer x) {
    INDArray moved = x.innerMatrix();
    moved.addi(end.reshape(x.shape()).innerMatrix().sub(moved).muli(weight));
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
