package org.peft4j.testkit.kernel;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Blocks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.HeadShape;
import org.peft4j.kernel.ImageShape;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.LayerNormInput;
import org.peft4j.kernel.PoolingShape;
import org.peft4j.kernel.Rotation;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.VisibleKeys;
import org.peft4j.kernel.Window;
import org.peft4j.kernel.Write;

/** Calls every kernel, on buffers that stay the same; each run starts from the same numbers. */
public final class EveryKernel {

  private static final int WIDTH = 64;
  private static final int HEAD = 16;
  private static final int VOCABULARY = 128;

  private final Kernels kernels;
  private final SplittableRandom random = new SplittableRandom(1);
  private final List<Buffer> buffers = new ArrayList<>();
  private final List<float[]> start = new ArrayList<>();
  private final List<Runnable> steps = new ArrayList<>();
  private final int n;
  private final Buffer x;
  private final Buffer dy;
  private final Buffer y;
  private final Buffer z;
  private final Buffer u;
  private final Buffer row;
  private final Buffer sum;
  private final Buffer inverse;
  private final Buffer square;
  private final Buffer table;
  private double loss;

  public EveryKernel(Kernels kernels, int rows) {
    this.kernels = kernels;
    n = rows;
    x = buffer(n, WIDTH);
    dy = buffer(n, WIDTH);
    y = buffer(n, WIDTH);
    z = buffer(n, WIDTH);
    u = buffer(n, WIDTH);
    row = buffer(1, WIDTH).reshape(Shape.of(WIDTH));
    sum = buffer(1, WIDTH).reshape(Shape.of(WIDTH));
    inverse = buffer(1, n).reshape(Shape.of(n));
    square = buffer(WIDTH, WIDTH);
    table = buffer(VOCABULARY, WIDTH);
    products();
    elements();
    norms();
    attention();
    tokens();
    images();
    training();
  }

  public void run() {
    for (int i = 0; i < start.size(); i++) {
      buffers.get(i).put(start.get(i));
    }
    loss = 0;
    steps.forEach(Runnable::run);
  }

  /** All numbers after the last run. */
  public float[] results() {
    FloatBuffer all = FloatBuffer.allocate(1 + start.stream().mapToInt(a -> a.length).sum());
    buffers.forEach(buffer -> all.put(buffer.toFloats()));
    all.put((float) loss);
    return all.array();
  }

  private void products() {
    FrozenWeight frozen = kernels.freeze(buffer(WIDTH, WIDTH));
    Buffer product = buffer(WIDTH, WIDTH);
    Buffer flipped = buffer(WIDTH, n);
    steps.add(() -> frozen.apply(x, Write.SET, y));
    steps.add(() -> frozen.applyTransposed(dy, Write.ADD, z));
    steps.add(() -> kernels.timesTransposed(x, square, Write.add(0.5), y));
    steps.add(() -> kernels.times(y, square, Write.set(0.01), u));
    steps.add(
        () ->
            kernels.blockTimes(
                Blocks.beside(x, 4),
                Blocks.below(square.reshape(Shape.of(WIDTH * 4, HEAD)).rows(0, WIDTH), 4),
                Write.SET,
                Blocks.beside(z, 4)));
    steps.add(() -> kernels.transposedTimes(x, dy, Write.ADD, product));
    steps.add(() -> kernels.transpose(u, Write.SET, flipped));
    steps.add(() -> kernels.transpose(x, Write.add(0.1), flipped));
  }

  private void elements() {
    steps.add(() -> kernels.fill(0.5, z));
    steps.add(() -> kernels.put(x, Write.ADD, z));
    steps.add(() -> kernels.put(z, Write.SET, u));
    steps.add(() -> kernels.put(x, Write.set(0.3), y));
    steps.add(() -> kernels.multiply(x, dy, Write.ADD, z));
    steps.add(() -> kernels.multiply(z, z, Write.SET, y));
    steps.add(() -> kernels.squareRoot(y, u));
    steps.add(() -> kernels.log(u, y));
    steps.add(() -> kernels.exp(x, y));
    steps.add(() -> kernels.softmax(x, y));
    steps.add(() -> kernels.logSoftmax(y, z));
    steps.add(() -> kernels.fill(4, y));
    steps.add(() -> kernels.divide(z, y, Write.set(0.01), u));
    steps.add(() -> kernels.addRow(row, z));
    steps.add(() -> kernels.multiplyRow(z, row, Write.SET, u));
    steps.add(() -> kernels.sumRows(u, Write.SET, sum));
    steps.add(() -> kernels.multiplyBoth(x, inverse, row, z));
    steps.add(() -> kernels.dotRows(x, dy, row, Write.ADD, inverse));
    steps.add(() -> kernels.dotColumns(x, dy, inverse, Write.ADD, sum));
    steps.add(() -> kernels.sumRowProducts(x, dy, Write.ADD, sum));
    Buffer tile = buffer(n, 24);
    steps.add(() -> kernels.sumTiles(x, Write.SET, tile));
    steps.add(() -> kernels.tile(tile, Write.add(0.1), z));
    for (Activation function : Activation.values()) {
      steps.add(() -> kernels.activate(function, x, y));
      steps.add(() -> kernels.activateBackward(function, y, dy, Write.SET, z));
      steps.add(() -> kernels.activateBackward(function, x, z, Write.ADD, u));
    }
    steps.add(() -> kernels.siluGate(x, dy, y));
    steps.add(() -> kernels.siluGateBackward(x, dy, y, z, u));
  }

  private void norms() {
    LayerNormInput input = new LayerNormInput(u, row, sum, 1e-5);
    Buffer normal = buffer(n, WIDTH);
    steps.add(() -> kernels.layerNorm(input, y, normal, inverse));
    steps.add(() -> kernels.layerNormBackward(normal, row, inverse, dy, Write.SET, z));
    steps.add(() -> kernels.rmsNorm(z, row, 1e-5, y, inverse));
    steps.add(() -> kernels.rmsNormBackward(z, row, inverse, dy, Write.ADD, u));
    steps.add(() -> kernels.dotColumns(z, dy, inverse, Write.SET, sum));
  }

  private void attention() {
    Buffer cosines = angles(Math::cos);
    Buffer sines = angles(Math::sin);
    Rotation rotation = new Rotation(cosines, sines, HEAD, kernels.indices(ids(n)));
    AttentionShape shape = AttentionShape.causal(1, n, WIDTH / HEAD, 2, HEAD);
    Buffer keys = buffer(n, 2 * HEAD);
    AttentionInput input = new AttentionInput(y, keys, buffer(n, 2 * HEAD));
    AttentionInput gradients = new AttentionInput(u, buffer(n, 2 * HEAD), buffer(n, 2 * HEAD));
    steps.add(() -> kernels.rotate(keys, rotation, false));
    steps.add(() -> kernels.rotate(y, rotation, true));
    steps.add(() -> kernels.attention(shape, input, z, null));
    steps.add(() -> kernels.attentionBackward(shape, input, dy, gradients, null));
    AttentionShape packed = packed(shape, i -> i - i % 50);
    steps.add(() -> kernels.attention(packed, input, z, null));
    steps.add(() -> kernels.attentionBackward(packed, input, dy, gradients, null));
  }

  private static AttentionShape packed(AttentionShape shape, IntUnaryOperator start) {
    return new AttentionShape(
        1,
        shape.queries(),
        shape.keys(),
        new HeadShape(shape.heads(), shape.keyValueHeads(), shape.headSize()),
        new VisibleKeys(
            true,
            shape.visible().lengths(),
            IntStream.range(0, shape.queries()).map(start).toArray()));
  }

  private void tokens() {
    Buffer ids = kernels.indices(ids(VOCABULARY));
    Buffer losses = kernels.buffer(DataType.FLOAT64, Shape.of(n));
    Buffer total = buffer(1, 1);
    Buffer logits = buffer(n, VOCABULARY);
    Buffer gradient = buffer(n, VOCABULARY);
    steps.add(() -> kernels.gather(table, ids, Write.SET, y));
    steps.add(() -> kernels.gather(table, ids, Write.ADD, z));
    steps.add(() -> kernels.scatterAdd(dy, ids, 0.1, table));
    steps.add(() -> kernels.timesTransposed(x, table, Write.SET, logits));
    steps.add(() -> kernels.crossEntropies(logits, ids, losses, gradient));
    steps.add(() -> kernels.crossEntropies(logits, ids, losses, null));
    steps.add(() -> kernels.sum(losses, Write.set(1e-3), total));
    steps.add(() -> kernels.scale(gradient, total, Write.ADD, logits));
    steps.add(() -> kernels.multiplyColumn(gradient, inverse, Write.ADD, logits));
    steps.add(() -> kernels.sumSquares(logits, Write.set(1e-5), total));
    steps.add(() -> kernels.dropoutMask(3, 0.25, z));
    steps.add(() -> kernels.logSigmoid(z, u, y));
  }

  private void images() {
    ImageShape image = new ImageShape(4, 4, WIDTH / 16);
    Window window = Window.of(3).withPadding(1);
    ConvolutionShape shape = new ConvolutionShape(image, 4, window, 2);
    Buffer weight = buffer(4, 2 * 9);
    Buffer slope = buffer(4, 2 * 9);
    steps.add(() -> kernels.convolution(shape, x, weight, y));
    steps.add(() -> kernels.convolutionInputGradient(shape, dy, weight, Write.SET, z));
    steps.add(() -> kernels.convolutionInputGradient(shape, y, weight, Write.add(0.1), z));
    steps.add(() -> kernels.convolutionWeightGradient(shape, x, dy, Write.ADD, slope));
    for (PoolingShape.Kind kind : PoolingShape.Kind.values()) {
      PoolingShape pooled = new PoolingShape(image, window, kind);
      steps.add(() -> kernels.pool(pooled, x, y));
      steps.add(() -> kernels.poolBackward(pooled, x, dy, Write.SET, u));
      steps.add(() -> kernels.poolBackward(pooled, x, dy, Write.ADD, z));
    }
  }

  private void training() {
    Buffer m = buffer(WIDTH, WIDTH);
    Buffer v = buffer(WIDTH, WIDTH);
    Buffer gradient = buffer(WIDTH, WIDTH);
    AdamWStep step = new AdamWStep(0.001, 0.9, 0.999, 1e-8, 0.01, 3);
    steps.add(() -> kernels.multiply(m, m, Write.SET, v));
    steps.add(() -> kernels.adamW(square, gradient, m, v, step));
    steps.add(() -> kernels.lerp(gradient, 0.01, square));
    steps.add(() -> loss += kernels.squaredNorm(square));
  }

  private Buffer angles(DoubleUnaryOperator function) {
    int half = HEAD / 2;
    float[] values = new float[n * half];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) function.applyAsDouble(i / half / (1.0 + i % half));
    }
    Buffer table = kernels.buffer(DataType.FLOAT32, Shape.of(n, half));
    table.put(values);
    return table;
  }

  private int[] ids(int bound) {
    return random.ints(n, 0, bound).toArray();
  }

  private Buffer buffer(int rows, int columns) {
    Buffer buffer = kernels.buffer(DataType.FLOAT32, Shape.of(rows, columns));
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1);
    }
    buffers.add(buffer);
    start.add(values);
    return buffer;
  }
}
