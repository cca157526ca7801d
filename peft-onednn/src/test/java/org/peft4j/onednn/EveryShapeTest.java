package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.LayerNormInput;
import org.peft4j.kernel.Write;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.testkit.Bfloat16;
import org.peft4j.testkit.kernel.KernelOperands;
import org.peft4j.testkit.kernel.KernelOperands.Range;

/**
 * Every kernel that is no product and no attention, beside the portable ones in float64: for every
 * small shape and some larger ones, aligned and not, and where it is plain arithmetic with zeros,
 * denormal, huge and infinite numbers.
 */
class EveryShapeTest {

  private static final Kernels FAST = new OneDnnKernels();
  private static final Kernels PORTABLE = new PlainKernels();
  private static final int SAMPLES = 4 * Integer.getInteger("peft4j.sweep", 1);

  /** A call of a kernel on matrices of n rows and d columns. */
  @FunctionalInterface
  private interface Call {
    void run(Kernels k, KernelOperands o, Write write, int n, int d);
  }

  private static final Map<String, Call> ARITHMETIC = new LinkedHashMap<>();
  private static final Map<String, Call> OTHERS = new LinkedHashMap<>();

  static {
    ARITHMETIC.put("put", (k, o, w, n, d) -> k.put(o.matrix(n, d), w, o.result(n, d)));
    ARITHMETIC.put("transpose", (k, o, w, n, d) -> k.transpose(o.matrix(n, d), w, o.result(d, n)));
    ARITHMETIC.put("add", (k, o, w, n, d) -> k.add(o.matrix(n, d), o.matrix(n, d), o.result(n, d)));
    ARITHMETIC.put(
        "multiply",
        (k, o, w, n, d) -> k.multiply(o.matrix(n, d), o.matrix(n, d), w, o.result(n, d)));
    ARITHMETIC.put(
        "divide", (k, o, w, n, d) -> k.divide(o.matrix(n, d), o.matrix(n, d), w, o.result(n, d)));
    ARITHMETIC.put("addRow", (k, o, w, n, d) -> k.addRow(o.vector(d), o.result(n, d)));
    ARITHMETIC.put(
        "multiplyRow",
        (k, o, w, n, d) -> k.multiplyRow(o.matrix(n, d), o.vector(d), w, o.result(n, d)));
    ARITHMETIC.put(
        "gather",
        (k, o, w, n, d) -> k.gather(o.matrix(n + 2, d), o.ids(n, n + 2), w, o.result(n, d)));
    OTHERS.put("tile", (k, o, w, n, d) -> k.tile(o.matrix(n, 3), w, o.result(n, d)));
    ARITHMETIC.put("fill", (k, o, w, n, d) -> k.fill(1e-40 * d, o.result(n, d)));

    OTHERS.putAll(ARITHMETIC);
    OTHERS.put("squareRoot", (k, o, w, n, d) -> k.squareRoot(o.squares(n, d), o.result(n, d)));
    OTHERS.put("exp", (k, o, w, n, d) -> k.exp(o.matrix(n, d), o.result(n, d)));
    OTHERS.put("log", (k, o, w, n, d) -> k.log(o.squares(n, d), o.result(n, d)));
    OTHERS.put("softmax", (k, o, w, n, d) -> k.softmax(o.matrix(n, d), o.result(n, d)));
    OTHERS.put("logSoftmax", (k, o, w, n, d) -> k.logSoftmax(o.matrix(n, d), o.result(n, d)));
    OTHERS.put(
        "multiplyBoth",
        (k, o, w, n, d) ->
            k.multiplyBoth(o.matrix(n, d), o.vector(n), o.vector(d), o.result(n, d)));
    OTHERS.put(
        "dotRows",
        (k, o, w, n, d) ->
            k.dotRows(o.matrix(n, d), o.matrix(n, d), o.vector(d), w, o.resultVector(n)));
    OTHERS.put(
        "dotColumns",
        (k, o, w, n, d) ->
            k.dotColumns(o.matrix(n, d), o.matrix(n, d), o.vector(n), w, o.resultVector(d)));
    OTHERS.put("sumRows", (k, o, w, n, d) -> k.sumRows(o.matrix(n, d), w, o.resultVector(d)));
    OTHERS.put(
        "sumRowProducts",
        (k, o, w, n, d) -> k.sumRowProducts(o.matrix(n, d), o.matrix(n, d), w, o.resultVector(d)));
    OTHERS.put("sumTiles", (k, o, w, n, d) -> k.sumTiles(o.matrix(n, d), w, o.result(n, 3)));
    for (Activation f : Activation.values()) {
      OTHERS.put("" + f, (k, o, w, n, d) -> k.activate(f, o.matrix(n, d), o.result(n, d)));
      OTHERS.put(
          "slope of " + f,
          (k, o, w, n, d) ->
              k.activateBackward(f, o.matrix(n, d), o.matrix(n, d), w, o.result(n, d)));
    }
    OTHERS.put(
        "siluGate", (k, o, w, n, d) -> k.siluGate(o.matrix(n, d), o.matrix(n, d), o.result(n, d)));
    OTHERS.put(
        "siluGateBackward",
        (k, o, w, n, d) ->
            k.siluGateBackward(
                o.matrix(n, d), o.matrix(n, d), o.matrix(n, d), o.result(n, d), o.result(n, d)));
    OTHERS.put("rmsNorm", EveryShapeTest::rmsNorm);
    OTHERS.put("layerNorm", EveryShapeTest::layerNorm);
    OTHERS.put(
        "scatterAdd",
        (k, o, w, n, d) ->
            k.scatterAdd(o.matrix(n, d), o.ids(n, n + 2), w.scale(), o.result(n + 2, d)));
    OTHERS.put(
        "crossEntropies",
        (k, o, w, n, d) ->
            k.crossEntropies(o.matrix(n, d), o.ids(n, d), o.losses(n), o.result(n, d)));
    OTHERS.put("sumSquares", (k, o, w, n, d) -> k.sumSquares(o.matrix(n, d), w, o.resultVector(1)));
    OTHERS.put(
        "multiplyColumn",
        (k, o, w, n, d) -> k.multiplyColumn(o.matrix(n, d), o.vector(n), w, o.result(n, d)));
    OTHERS.put("scale", (k, o, w, n, d) -> k.scale(o.matrix(n, d), o.vector(1), w, o.result(n, d)));
    OTHERS.put(
        "dropoutMask", (k, o, w, n, d) -> k.dropoutMask(n * 31L + d, 0.3, o.resultVector(n * d)));
    OTHERS.put(
        "logSigmoid",
        (k, o, w, n, d) ->
            k.logSigmoid(o.vector(n * d), o.resultVector(n * d), o.resultVector(n * d)));
    OTHERS.put("squaredNorm", (k, o, w, n, d) -> o.result(k.squaredNorm(o.matrix(n, d))));
    OTHERS.put(
        "adamW",
        (k, o, w, n, d) ->
            k.adamW(
                o.resultVector(n * d),
                o.vector(n * d),
                o.resultVector(n * d),
                o.kept(positive(o, n * d)),
                new AdamWStep(0.01, 0.9, 0.99, 1e-6, 0.1, 3)));
    OTHERS.put("lerp", (k, o, w, n, d) -> k.lerp(o.vector(n * d), 0.3, o.resultVector(n * d)));
  }

  private static Buffer positive(KernelOperands o, int length) {
    Buffer x = o.vector(length);
    double[] values = x.toDoubles();
    for (int i = 0; i < length; i++) {
      values[i] = Math.abs(values[i]);
    }
    x.put(values);
    return x;
  }

  private static void rmsNorm(Kernels k, KernelOperands o, Write w, int n, int d) {
    Buffer x = o.matrix(n, d);
    Buffer weight = o.vector(d);
    Buffer inverse = o.resultVector(n);
    k.rmsNorm(x, weight, 1e-3, o.result(n, d), inverse);
    k.rmsNormBackward(x, weight, inverse, o.matrix(n, d), w, o.result(n, d));
  }

  private static void layerNorm(Kernels k, KernelOperands o, Write w, int n, int d) {
    Buffer weight = o.vector(d);
    Buffer inverse = o.resultVector(n);
    Buffer normal = o.result(n, d);
    LayerNormInput input = new LayerNormInput(o.matrix(n, d), weight, o.vector(d), 1e-1);
    k.layerNorm(input, o.result(n, d), normal, inverse);
    k.layerNormBackward(normal, weight, inverse, o.matrix(n, d), w, o.result(n, d));
  }

  @ParameterizedTest
  @EnumSource(EveryAttentionTest.Width.class)
  void agreesWithThePortableKernels(EveryAttentionTest.Width width) {
    Bfloat16.assumeComputable(width.type());
    List<String> wrong = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(8);
    for (int n = 1; n <= 3; n++) {
      for (int d = 1; d <= 9; d++) {
        compareAll(OTHERS, width, n, d, false, wrong);
      }
    }
    for (int i = 0; i < SAMPLES; i++) {
      compareAll(OTHERS, width, random.nextInt(1, 120), random.nextInt(1, 300), false, wrong);
    }
    assertThat(wrong).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(EveryAttentionTest.Width.class)
  void agreesAtTheLimitsOfNumbers(EveryAttentionTest.Width width) {
    Bfloat16.assumeComputable(width.type());
    List<String> wrong = new ArrayList<>();
    for (int d : new int[] {1, 3, 16, 37, 3000}) {
      compareAll(ARITHMETIC, width, 3, d, true, wrong);
    }
    assertThat(wrong).isEmpty();
  }

  private static void compareAll(
      Map<String, Call> calls,
      EveryAttentionTest.Width width,
      int n,
      int d,
      boolean limits,
      List<String> wrong) {
    for (Map.Entry<String, Call> call : calls.entrySet()) {
      for (int shift : new int[] {0, 3}) {
        Write ordinary = shift == 0 ? Write.set(0.5) : Write.ADD;
        Write write = limits ? Write.SET : ordinary;
        long seed = call.getKey().hashCode() * 31L + n * 1000L + d;
        DataType type = width.type();
        Call kernel = call.getValue();
        Range range = limits ? Range.LIMITS : Range.ORDINARY;
        KernelOperands fast = new KernelOperands(type, type, shift, range, seed);
        kernel.run(FAST, fast, write, n, d);
        List<double[]> actual = fast.results();
        List<double[]> exact = exact(kernel, type, shift, range, seed, write, n, d);
        List<double[]> flushed =
            limits ? exact(kernel, type, shift, Range.LIMITS_FLUSHED, seed, write, n, d) : exact;
        for (int i = 0; i < exact.size(); i++) {
          boolean same =
              limits
                  ? sameAtLimits(exact.get(i), flushed.get(i), actual.get(i), width)
                  : width.error(exact.get(i), actual.get(i)) <= 1;
          if (!same) {
            wrong.add("%s of %d x %d, shifted by %d".formatted(call.getKey(), n, d, shift));
          }
        }
      }
    }
  }

  private static List<double[]> exact(
      Call kernel, DataType type, int shift, Range range, long seed, Write write, int n, int d) {
    KernelOperands operands = new KernelOperands(type, DataType.FLOAT64, shift, range, seed);
    kernel.run(PORTABLE, operands, write, n, d);
    return operands.results();
  }

  /** What was made of the numbers as they are, or of zeros in place of denormal ones. */
  private static boolean sameAtLimits(
      double[] exact, double[] flushed, double[] actual, EveryAttentionTest.Width width) {
    for (int i = 0; i < exact.length; i++) {
      if (!sameAtLimits(exact[i], actual[i], width)
          && !sameAtLimits(flushed[i], actual[i], width)) {
        return false;
      }
    }
    return true;
  }

  /** To the digits of the type, and where float32 overflows, or has no digits left, to that. */
  private static boolean sameAtLimits(double e, double actual, EveryAttentionTest.Width width) {
    double digits = width.type() == DataType.FLOAT32 ? 0x1p-22 : 0x1p-7;
    if (Double.isNaN(e)) {
      return Double.isNaN(actual);
    }
    boolean overflows = Math.abs(e) >= Float.MAX_VALUE * (1 - digits);
    return overflows && Double.isInfinite(actual)
        ? Math.signum(e) == Math.signum(actual)
        : Math.abs(e - actual) <= Math.abs(e) * digits + 2 * Float.MIN_NORMAL;
  }
}
