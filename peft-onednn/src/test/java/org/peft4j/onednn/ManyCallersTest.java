package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.LayerNormInput;
import org.peft4j.kernel.NativeThreads;
import org.peft4j.kernel.Write;
import org.peft4j.testkit.Bfloat16;
import org.peft4j.testkit.kernel.KernelOperands;
import org.peft4j.testkit.kernel.KernelOperands.Range;

/**
 * Many threads of Java that compute with the same kernels and the same frozen weights, in shapes of
 * which the cache holds only some: each must get the bits that it gets alone.
 */
class ManyCallersTest {

  private static final int CALLERS = 16;
  private static final int ROUNDS = 2;
  private static final int[] ROWS = {1, 7, 130};
  private static final int WIDTH = 128;
  private static final int HEAD = 16;
  private static final Write SUM = Write.add(0.5);

  /** Fewer than half of the primitives that the calls need. */
  private static final int CACHED = 30;

  private final Kernels kernels = new OneDnnKernels(DataType.FLOAT32, CACHED);
  private final Map<DataType, FrozenWeight> weights = new EnumMap<>(DataType.class);
  private final ExecutorService threads = Executors.newFixedThreadPool(CALLERS);

  @AfterEach
  void end() {
    threads.shutdown();
    weights.values().forEach(FrozenWeight::close);
  }

  /** A few calls of kernels that belong together, on matrices of n rows. */
  @FunctionalInterface
  private interface Call {
    void run(Kernels k, FrozenWeight weight, KernelOperands o, int n);
  }

  private static final List<Call> CALLS =
      List.of(
          (k, w, o, n) ->
              k.timesTransposed(o.matrix(n, 48), o.matrix(WIDTH, 48), SUM, o.result(n, WIDTH)),
          (k, w, o, n) ->
              k.transposedTimes(o.matrix(n, 256), o.matrix(n, 8), SUM, o.result(256, 8)),
          (k, w, o, n) -> w.apply(o.matrix(n, WIDTH), Write.SET, o.result(n, WIDTH)),
          (k, w, o, n) -> w.applyTransposed(o.matrix(n, WIDTH), SUM, o.result(n, WIDTH)),
          ManyCallersTest::attention,
          ManyCallersTest::rmsNorm,
          ManyCallersTest::layerNorm,
          (k, w, o, n) ->
              k.crossEntropies(o.matrix(n, 300), o.ids(n, 300), o.losses(n), o.result(n, 300)),
          (k, w, o, n) -> k.crossEntropies(o.matrix(n, 300), o.ids(n, 300), o.losses(n), null),
          (k, w, o, n) ->
              k.activateBackward(
                  Activation.GELU, o.matrix(n, 99), o.matrix(n, 99), SUM, o.result(n, 99)),
          (k, w, o, n) -> k.siluGate(o.matrix(n, 99), o.matrix(n, 99), o.result(n, 99)),
          (k, w, o, n) -> k.sumRows(o.matrix(n, 3000), SUM, o.resultVector(3000)));

  private static void attention(Kernels k, FrozenWeight w, KernelOperands o, int n) {
    AttentionShape shape = AttentionShape.causal(2, n, 4, 2, HEAD);
    AttentionInput input = heads(o, n);
    AttentionInput gradients = heads(o, n);
    k.attention(shape, input, o.result(2 * n, 4 * HEAD), null);
    k.attentionBackward(shape, input, o.matrix(2 * n, 4 * HEAD), gradients, null);
  }

  private static AttentionInput heads(KernelOperands o, int n) {
    return new AttentionInput(
        o.result(2 * n, 4 * HEAD), o.result(2 * n, 2 * HEAD), o.result(2 * n, 2 * HEAD));
  }

  private static void rmsNorm(Kernels k, FrozenWeight w, KernelOperands o, int n) {
    var x = o.matrix(n, WIDTH);
    var weight = o.vector(WIDTH);
    var inverse = o.resultVector(n);
    k.rmsNorm(x, weight, 1e-3, o.result(n, WIDTH), inverse);
    k.rmsNormBackward(x, weight, inverse, o.matrix(n, WIDTH), SUM, o.result(n, WIDTH));
  }

  private static void layerNorm(Kernels k, FrozenWeight w, KernelOperands o, int n) {
    var input = new LayerNormInput(o.matrix(n, WIDTH), o.vector(WIDTH), o.vector(WIDTH), 1e-3);
    k.layerNorm(input, o.result(n, WIDTH), o.result(n, WIDTH), o.resultVector(n));
  }

  /** One of the calls, on numbers of its own that are the same each time. */
  private record Job(int call, DataType type, int rows) {

    double[] run(Kernels kernels, FrozenWeight weight) {
      var operands = new KernelOperands(type, type, 0, Range.ORDINARY, call + 100L * rows);
      CALLS.get(call).run(kernels, weight, operands, rows);
      return operands.results().stream().flatMapToDouble(Arrays::stream).toArray();
    }
  }

  private static List<Job> jobs() {
    List<Job> jobs = new ArrayList<>();
    for (DataType type : types()) {
      for (int rows : ROWS) {
        for (int call = 0; call < CALLS.size(); call++) {
          jobs.add(new Job(call, type, rows));
        }
      }
    }
    return jobs;
  }

  private static List<DataType> types() {
    return Bfloat16.isComputable()
        ? List.of(DataType.FLOAT32, DataType.BFLOAT16)
        : List.of(DataType.FLOAT32);
  }

  @ParameterizedTest(name = "half of them by {0} native threads, half by {1}")
  @CsvSource({"1, 1", "2, 1", "2, 2"})
  void getTheBitsThatEachGetsAlone(int even, int odd) throws Exception {
    List<Job> jobs = jobs();
    for (DataType type : types()) {
      var operands = new KernelOperands(type, type, 0, Range.ORDINARY, 7);
      weights.put(type, kernels.freeze(operands.matrix(WIDTH, WIDTH)));
    }
    CyclicBarrier start = new CyclicBarrier(CALLERS);
    List<Future<List<Job>>> wrong = new ArrayList<>();
    for (int nativeThreads : new int[] {even, odd}) {
      List<double[]> alone = alone(nativeThreads, jobs);
      for (int i = 0; i < CALLERS / 2; i++) {
        Random random = new Random(wrong.size());
        wrong.add(
            threads.submit(
                () -> {
                  start.await();
                  return NativeThreads.during(nativeThreads, () -> wrong(jobs, alone, random));
                }));
      }
    }

    for (Future<List<Job>> each : wrong) {
      assertThat(each.get(5, TimeUnit.MINUTES)).isEmpty();
    }
  }

  private List<double[]> alone(int nativeThreads, List<Job> jobs) {
    Kernels others = new OneDnnKernels();
    return NativeThreads.during(
        nativeThreads,
        () -> jobs.stream().map(job -> job.run(others, weights.get(job.type()))).toList());
  }

  /** The jobs, in an order of this caller's own, whose numbers are others than {@code alone}. */
  private List<Job> wrong(List<Job> jobs, List<double[]> alone, Random random) {
    List<Job> wrong = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < jobs.size(); i++) {
        order.add(i);
      }
    }
    Collections.shuffle(order, random);
    for (int i : order) {
      Job job = jobs.get(i);
      double[] results = job.run(kernels, weights.get(job.type()));
      if (!Arrays.equals(results, alone.get(i))) {
        wrong.add(job);
      }
    }
    return wrong;
  }
}
