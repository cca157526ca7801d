package org.peft4j.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.LayerNormInput;
import org.peft4j.kernel.Rotation;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * Times of the kernels that training spends its time in, at 1024 rows. All are run in turn, again
 * and again, because threads of one kernel that still spin slow down the next one; the median of
 * each is printed.
 *
 * <p>Arguments: how often each kernel is run (100).
 */
public final class KernelTimes {

  private static final int ROWS = 1024;
  private static final int RANK = 16;

  private record Timed(String name, double gigaflop, Runnable body, double[] milliseconds) {}

  private final Kernels kernels;
  private final int repeats;
  private final SplittableRandom random = new SplittableRandom(1);
  private final List<Timed> all = new ArrayList<>();

  private KernelTimes(Kernels kernels, int repeats) {
    this.kernels = kernels;
    this.repeats = repeats;
  }

  public static void main(String[] arguments) {
    int repeats = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
    KernelTimes times = new KernelTimes(KernelSets.forType(DataType.FLOAT32), repeats);
    times.attention();
    times.measure();
    times.print();
  }

  private void linear(int in, int out) {
    String size = " " + in + " -> " + out;
    Buffer x = buffer(ROWS, in);
    Buffer y = buffer(ROWS, out);
    FrozenWeight weight = kernels.freeze(buffer(out, in));
    double flop = 2.0 * ROWS * in * out;
    add("frozen forward" + size, flop, () -> weight.apply(x, Write.SET, y));
    add("frozen backward" + size, flop, () -> weight.applyTransposed(y, Write.SET, x));
    Buffer a = buffer(RANK, in);
    Buffer b = buffer(out, RANK);
    Buffer h = buffer(ROWS, RANK);
    double down = 2.0 * ROWS * in * RANK;
    double up = 2.0 * ROWS * out * RANK;
    add("low rank h = x·Aᵀ" + size, down, () -> kernels.timesTransposed(x, a, Write.SET, h));
    add("low rank y += h·Bᵀ" + size, up, () -> kernels.timesTransposed(h, b, Write.add(0.5), y));
    add("low rank dh = dy·B" + size, up, () -> kernels.times(y, b, Write.set(0.5), h));
    add("low rank dx += dh·A" + size, down, () -> kernels.times(h, a, Write.ADD, x));
    Buffer da = buffer(RANK, in);
    Buffer db = buffer(out, RANK);
    add("low rank dA = dhᵀ·x" + size, down, () -> kernels.transposedTimes(h, x, Write.SET, da));
    add("low rank dB = dyᵀ·h" + size, up, () -> kernels.transposedTimes(y, h, Write.SET, db));
  }

  private void elements(int d) {
    String size = " " + ROWS + " x " + d;
    Buffer gate = buffer(ROWS, d);
    Buffer up = buffer(ROWS, d);
    Buffer y = buffer(ROWS, d);
    Buffer dGate = buffer(ROWS, d);
    Buffer dUp = buffer(ROWS, d);
    Buffer row = buffer(1, d);
    add("siluGate" + size, 0, () -> kernels.siluGate(gate, up, y));
    add("siluGateBackward" + size, 0, () -> kernels.siluGateBackward(gate, up, y, dGate, dUp));
    add("gelu" + size, 0, () -> kernels.activate(Activation.GELU, gate, y));
    add(
        "geluBackward" + size,
        0,
        () -> kernels.activateBackward(Activation.GELU, gate, up, Write.SET, y));
    add("put" + size, 0, () -> kernels.put(gate, Write.SET, y));
    add("put +=" + size, 0, () -> kernels.put(gate, Write.ADD, y));
    add("multiply" + size, 0, () -> kernels.multiply(gate, up, Write.SET, y));
    add("multiplyRow" + size, 0, () -> kernels.multiplyRow(gate, row, Write.SET, y));
    add("addRow" + size, 0, () -> kernels.addRow(row, y));
    add("sumRows" + size, 0, () -> kernels.sumRows(gate, Write.SET, row));
    add("sumRowProducts" + size, 0, () -> kernels.sumRowProducts(gate, up, Write.SET, row));
    add("fill" + size, 0, () -> kernels.fill(0, y));
    Buffer flipped = buffer(d, ROWS);
    add("transpose" + size, 0, () -> kernels.transpose(gate, Write.SET, flipped));
  }

  private void norms(int d) {
    String size = " " + ROWS + " x " + d;
    Buffer x = buffer(ROWS, d);
    Buffer y = buffer(ROWS, d);
    Buffer normal = buffer(ROWS, d);
    Buffer dx = buffer(ROWS, d);
    Buffer w = buffer(1, d);
    Buffer bias = buffer(1, d);
    Buffer inverse = buffer(1, ROWS);
    Buffer layerInverse = buffer(1, ROWS);
    add("rmsNorm" + size, 0, () -> kernels.rmsNorm(x, w, 1e-6, y, inverse));
    add(
        "rmsNormBackward" + size,
        0,
        () -> kernels.rmsNormBackward(x, w, inverse, y, Write.SET, dx));
    add(
        "rmsNormBackward +=" + size,
        0,
        () -> kernels.rmsNormBackward(x, w, inverse, y, Write.ADD, dx));
    LayerNormInput input = new LayerNormInput(x, w, bias, 1e-5);
    add("layerNorm" + size, 0, () -> kernels.layerNorm(input, y, normal, layerInverse));
    add(
        "layerNormBackward" + size,
        0,
        () -> kernels.layerNormBackward(normal, w, layerInverse, y, Write.SET, dx));
  }

  private void attention() {
    int sequences = 4;
    int tokens = ROWS / sequences;
    int heads = 8;
    int headSize = 64;
    AttentionShape shape = AttentionShape.causal(sequences, tokens, heads, heads, headSize);
    AttentionInput input = input(heads * headSize);
    AttentionInput gradients = input(heads * headSize);
    Buffer out = buffer(ROWS, heads * headSize);
    Buffer dOut = buffer(ROWS, heads * headSize);
    double product = 2.0 * sequences * heads * tokens * tokens * headSize;
    add("attention", 2 * product, () -> kernels.attention(shape, input, out));
    add(
        "attentionBackward",
        4 * product,
        () -> kernels.attentionBackward(shape, input, dOut, gradients));
    float[][] angles = new float[tokens][headSize / 2];
    int[] positions = new int[ROWS];
    Arrays.setAll(positions, i -> i % tokens);
    Rotation rotation = new Rotation(angles, angles, headSize, positions);
    add("rotate", 0, () -> kernels.rotate(out, rotation, false));
  }

  private AttentionInput input(int width) {
    return new AttentionInput(buffer(ROWS, width), buffer(ROWS, width), buffer(ROWS, width));
  }

  private void tokens() {
    int vocabulary = 4096;
    int[] ids = random.ints(ROWS, 0, vocabulary).toArray();
    Buffer logits = buffer(ROWS, vocabulary);
    Buffer gradient = buffer(ROWS, vocabulary);
    Buffer table = buffer(vocabulary, 512);
    Buffer x = buffer(ROWS, 512);
    add("crossEntropy", 0, () -> kernels.crossEntropy(logits, ids, gradient));
    add("crossEntropy without gradient", 0, () -> kernels.crossEntropy(logits, ids, null));
    add("gather", 0, () -> kernels.gather(table, ids, Write.SET, x));
    add("scatterAdd", 0, () -> kernels.scatterAdd(x, ids, 1e-3, table));
  }

  private void training() {
    int length = 1 << 20;
    Buffer parameters = buffer(1, length);
    Buffer gradients = buffer(1, length);
    Buffer m = buffer(1, length);
    Buffer v = buffer(1, length);
    kernels.multiply(m, m, Write.SET, v);
    AdamWStep step = new AdamWStep(1e-3, 0.9, 0.999, 1e-8, 0.01, 10);
    add("adamW 1M", 0, () -> kernels.adamW(parameters, gradients, m, v, step));
    add("squaredNorm 1M", 0, () -> kernels.squaredNorm(gradients));
  }

  private void add(String name, double flop, Runnable body) {
    all.add(new Timed(name, flop / 1e9, body, new double[repeats]));
  }

  static final DataType T = Boolean.getBoolean("bf16") ? DataType.BFLOAT16 : DataType.FLOAT32;
  private Buffer buffer(int rows, int columns) {
    Shape shape = Shape.of(rows, columns);
    Buffer buffer = new Buffer(kernels.allocate(T, shape.length()), 0, shape);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() - 0.5) / 8;
    }
    buffer.put(values);
    return buffer;
  }

  private void measure() {
    for (int i = -repeats / 4; i < repeats; i++) {
      for (Timed timed : all) {
        long start = System.nanoTime();
        timed.body().run();
        if (i >= 0) {
          timed.milliseconds()[i] = (System.nanoTime() - start) / 1e6;
        }
      }
    }
  }

  private void print() {
    double total = 0;
    for (Timed timed : all) {
      Arrays.sort(timed.milliseconds());
      double median = timed.milliseconds()[repeats / 2];
      total += median;
      String speed =
          timed.gigaflop() == 0
              ? ""
              : String.format("%8.0f GFLOP/s", timed.gigaflop() / median * 1e3);
      System.out.printf("%-36s %8.3f ms%s%n", timed.name(), median, speed);
    }
    System.out.printf("%-36s %8.3f ms%n", "all together", total);
  }
}
