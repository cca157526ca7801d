package org.peft4j.benchmarks.jmh;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.LayerNormInput;
import org.peft4j.kernel.Write;

/**
 * Times of the kernels that training spends its time in, at 1024 rows of a Llama of hidden 512, 8
 * heads, ffn 1376, vocabulary 4096. {@code type} is that of the frozen weights and of what is
 * passed from layer to layer; what is trained, and its gradients, are FLOAT32 in any case.
 *
 * <p>Every kernel runs alone here. In a training step the threads of one may still spin when the
 * next begins, so the times of a step's kernels add up to a little less than the step.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class KernelBenchmark {

  private static final int HIDDEN = 512;
  private static final int HEADS = 8;
  private static final int RANK = 16;

  /** A weight W [out, in] that never changes. */
  @State(Scope.Benchmark)
  public static class Frozen {

    @Param({"512x512", "512x1376", "1376x512", "512x4096"})
    String layer;

    @Param({"FLOAT32", "BFLOAT16"})
    DataType type;

    Buffer x;
    Buffer y;
    FrozenWeight weight;

    @Setup
    public void make() {
      Kernels kernels = KernelSets.forType(type);
      Buffers buffers = new Buffers(kernels);
      Layer widths = Layer.of(layer);
      x = buffers.make(type, Buffers.ROWS, widths.in());
      y = buffers.make(type, Buffers.ROWS, widths.out());
      weight = kernels.freeze(buffers.make(type, widths.out(), widths.in()));
    }
  }

  /** {@code y = x·Wᵀ}. */
  @Benchmark
  public void frozenForward(Frozen s) {
    s.weight.apply(s.x, Write.SET, s.y);
  }

  /** {@code dx = dy·W}. */
  @Benchmark
  public void frozenBackward(Frozen s) {
    s.weight.applyTransposed(s.y, Write.SET, s.x);
  }

  /** A [16, in] and B [out, 16] beside a frozen weight. */
  @State(Scope.Benchmark)
  public static class LowRank {

    @Param({"512x1376", "1376x512"})
    String layer;

    @Param({"FLOAT32", "BFLOAT16"})
    DataType type;

    Kernels kernels;
    Buffer x;
    Buffer y;
    Buffer h;
    Buffer a;
    Buffer b;
    Buffer da;
    Buffer db;

    @Setup
    public void make() {
      kernels = KernelSets.forType(type);
      Buffers buffers = new Buffers(kernels);
      Layer widths = Layer.of(layer);
      x = buffers.make(type, Buffers.ROWS, widths.in());
      y = buffers.make(type, Buffers.ROWS, widths.out());
      h = buffers.make(DataType.FLOAT32, Buffers.ROWS, RANK);
      a = buffers.make(DataType.FLOAT32, RANK, widths.in());
      b = buffers.make(DataType.FLOAT32, widths.out(), RANK);
      da = buffers.make(DataType.FLOAT32, RANK, widths.in());
      db = buffers.make(DataType.FLOAT32, widths.out(), RANK);
    }
  }

  /** {@code h = x·Aᵀ}. */
  @Benchmark
  public void lowRankDown(LowRank s) {
    s.kernels.timesTransposed(s.x, s.a, Write.SET, s.h);
  }

  /** {@code y += s·h·Bᵀ}. */
  @Benchmark
  public void lowRankUp(LowRank s) {
    s.kernels.timesTransposed(s.h, s.b, Write.add(0.5), s.y);
  }

  /** {@code dh = s·dy·B}. */
  @Benchmark
  public void lowRankUpBackward(LowRank s) {
    s.kernels.times(s.y, s.b, Write.set(0.5), s.h);
  }

  /** {@code dx += dh·A}. */
  @Benchmark
  public void lowRankDownBackward(LowRank s) {
    s.kernels.times(s.h, s.a, Write.ADD, s.x);
  }

  /** {@code dA = dhᵀ·x}. */
  @Benchmark
  public void lowRankDownGradient(LowRank s) {
    s.kernels.transposedTimes(s.h, s.x, Write.SET, s.da);
  }

  /** {@code dB = dyᵀ·h}. */
  @Benchmark
  public void lowRankUpGradient(LowRank s) {
    s.kernels.transposedTimes(s.y, s.h, Write.SET, s.db);
  }

  /** Causal attention of 8 heads of 64 over sequences that make 1024 rows together. */
  @State(Scope.Benchmark)
  public static class Attention {

    @Param({"256", "1024"})
    int tokens;

    @Param({"FLOAT32", "BFLOAT16"})
    DataType type;

    Kernels kernels;
    AttentionShape shape;
    AttentionInput input;
    AttentionInput gradients;
    Buffer out;
    Buffer dOut;

    @Setup
    public void make() {
      kernels = KernelSets.forType(type);
      Buffers buffers = new Buffers(kernels);
      int sequences = Buffers.ROWS / tokens;
      shape = AttentionShape.causal(sequences, tokens, HEADS, HEADS, HIDDEN / HEADS);
      input = buffers.attention(type, HIDDEN);
      gradients = buffers.attention(type, HIDDEN);
      out = buffers.make(type, Buffers.ROWS, HIDDEN);
      dOut = buffers.make(type, Buffers.ROWS, HIDDEN);
    }
  }

  @Benchmark
  public void attention(Attention s) {
    s.kernels.attention(s.shape, s.input, s.out, null);
  }

  @Benchmark
  public void attentionBackward(Attention s) {
    s.kernels.attentionBackward(s.shape, s.input, s.dOut, s.gradients, null);
  }

  /** Rows that are normalised one by one. */
  @State(Scope.Benchmark)
  public static class Norm {

    @Param({"512"})
    int width;

    @Param({"FLOAT32", "BFLOAT16"})
    DataType type;

    Kernels kernels;
    Buffer x;
    Buffer y;
    Buffer normal;
    Buffer dx;
    Buffer weight;
    Buffer inverse;
    LayerNormInput layer;

    @Setup
    public void make() {
      kernels = KernelSets.forType(type);
      Buffers buffers = new Buffers(kernels);
      x = buffers.make(type, Buffers.ROWS, width);
      y = buffers.make(type, Buffers.ROWS, width);
      normal = buffers.make(DataType.FLOAT32, Buffers.ROWS, width);
      dx = buffers.make(type, Buffers.ROWS, width);
      weight = buffers.make(DataType.FLOAT32, 1, width);
      inverse = buffers.make(DataType.FLOAT32, 1, Buffers.ROWS);
      layer = new LayerNormInput(x, weight, buffers.make(DataType.FLOAT32, 1, width), 1e-5);
    }
  }

  @Benchmark
  public void rmsNorm(Norm s) {
    s.kernels.rmsNorm(s.x, s.weight, 1e-6, s.y, s.inverse);
  }

  @Benchmark
  public void rmsNormBackward(Norm s) {
    s.kernels.rmsNormBackward(s.x, s.weight, s.inverse, s.y, Write.SET, s.dx);
  }

  @Benchmark
  public void layerNorm(Norm s) {
    s.kernels.layerNorm(s.layer, s.y, s.normal, s.inverse);
  }

  @Benchmark
  public void layerNormBackward(Norm s) {
    s.kernels.layerNormBackward(s.normal, s.weight, s.inverse, s.y, Write.SET, s.dx);
  }

  /** The two halves of a Llama's feed-forward layer, where they meet. */
  @State(Scope.Benchmark)
  public static class Gate {

    @Param({"1376"})
    int width;

    @Param({"FLOAT32", "BFLOAT16"})
    DataType type;

    Kernels kernels;
    Buffer gate;
    Buffer up;
    Buffer y;
    Buffer dGate;
    Buffer dUp;

    @Setup
    public void make() {
      kernels = KernelSets.forType(type);
      Buffers buffers = new Buffers(kernels);
      gate = buffers.make(type, Buffers.ROWS, width);
      up = buffers.make(type, Buffers.ROWS, width);
      y = buffers.make(type, Buffers.ROWS, width);
      dGate = buffers.make(type, Buffers.ROWS, width);
      dUp = buffers.make(type, Buffers.ROWS, width);
    }
  }

  @Benchmark
  public void siluGate(Gate s) {
    s.kernels.siluGate(s.gate, s.up, s.y);
  }

  @Benchmark
  public void siluGateBackward(Gate s) {
    s.kernels.siluGateBackward(s.gate, s.up, s.y, s.dGate, s.dUp);
  }

  /** Logits and what they should have said. */
  @State(Scope.Benchmark)
  public static class Tokens {

    @Param({"4096"})
    int vocabulary;

    @Param({"FLOAT32", "BFLOAT16"})
    DataType type;

    Kernels kernels;
    Buffer logits;
    Buffer gradient;
    Buffer labels;
    Buffer losses;

    @Setup
    public void make() {
      kernels = KernelSets.forType(type);
      Buffers buffers = new Buffers(kernels);
      logits = buffers.make(type, Buffers.ROWS, vocabulary);
      gradient = buffers.make(type, Buffers.ROWS, vocabulary);
      labels = kernels.indices(buffers.labels(vocabulary));
      losses = buffers.make(DataType.FLOAT64, Buffers.ROWS, 1);
    }
  }

  @Benchmark
  public void crossEntropy(Tokens s) {
    s.kernels.crossEntropies(s.logits, s.labels, s.losses, s.gradient);
  }

  @Benchmark
  public void crossEntropyWithoutGradient(Tokens s) {
    s.kernels.crossEntropies(s.logits, s.labels, s.losses, null);
  }

  /** Trainable parameters and AdamW's memory of them. */
  @State(Scope.Benchmark)
  public static class Update {

    @Param({"1048576"})
    int parameters;

    Kernels kernels;
    Buffer values;
    Buffer gradients;
    Buffer m;
    Buffer v;
    AdamWStep step;

    @Setup
    public void make() {
      kernels = KernelSets.forType(DataType.FLOAT32);
      Buffers buffers = new Buffers(kernels);
      values = buffers.make(DataType.FLOAT32, 1, parameters);
      gradients = buffers.make(DataType.FLOAT32, 1, parameters);
      m = buffers.make(DataType.FLOAT32, 1, parameters);
      v = buffers.make(DataType.FLOAT32, 1, parameters);
      kernels.multiply(m, m, Write.SET, v);
      step = new AdamWStep(1e-3, 0.9, 0.999, 1e-8, 0.01, 10);
    }
  }

  @Benchmark
  public void adamW(Update s) {
    s.kernels.adamW(s.values, s.gradients, s.m, s.v, s.step);
  }

  /** The length of the gradient, for clipping. */
  @Benchmark
  public double squaredNorm(Update s) {
    return s.kernels.squaredNorm(s.gradients);
  }
}
