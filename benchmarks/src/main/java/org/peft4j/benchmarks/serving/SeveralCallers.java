package org.peft4j.benchmarks.serving;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.NativeThreads;
import org.peft4j.tensor.Tape;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.model.TokenBatch;

/**
 * How much more 2 and 4 threads of Java get done than one: passes over 64 tokens of one model, and
 * tokens generated one by one; each call by one native thread, and by as many as is usual ({@code
 * -Dpeft4j.threads}).
 *
 * <p>Arguments: {@code small} (110 MiB in float32), {@code medium} (650 MiB) or {@code both},
 * seconds for each number of callers (5), {@code FLOAT32} or {@code BFLOAT16}.
 */
public final class SeveralCallers {

  private static final int[] CALLERS = {1, 2, 4};
  private static final int TOKENS = 64;

  private final DecoderForCausalLm llama;
  private final Kernels kernels;
  private final int[] text;
  private final double seconds;

  private SeveralCallers(RandomLlama sizes, double seconds, DataType type) {
    llama = sizes.model(type);
    kernels = KernelSets.forType(type);
    text = new Random(1).ints(TOKENS, 0, sizes.vocabulary()).toArray();
    this.seconds = seconds;
  }

  public static void main(String[] arguments) throws InterruptedException, ExecutionException {
    String which = arguments.length > 0 ? arguments[0] : "both";
    double seconds = arguments.length > 1 ? Double.parseDouble(arguments[1]) : 5;
    DataType type = arguments.length > 2 ? DataType.valueOf(arguments[2]) : DataType.FLOAT32;
    if (!which.equals("medium")) {
      new SeveralCallers(RandomLlama.small(), seconds, type).compare("small");
    }
    if (!which.equals("small")) {
      new SeveralCallers(RandomLlama.medium(), seconds, type).compare("medium");
    }
  }

  private void compare(String name) throws InterruptedException, ExecutionException {
    for (int threads : IntStream.of(1, NativeThreads.usual()).distinct().toArray()) {
      measure(name + ", passes", threads, this::pass);
      measure(name + ", tokens", threads, this::generate);
    }
  }

  /** What a caller does again and again; says how many things that were. */
  @FunctionalInterface
  private interface Work {
    int run();
  }

  private int pass() {
    try (Tape tape = Tape.inference(kernels)) {
      llama.logits(tape, TokenBatch.of(List.of(text)));
    }
    return 1;
  }

  private int generate() {
    new Generator(llama, kernels)
        .generate(new int[] {1}, new Generator.Request(TOKENS, Sampling.greedy(), Set.of()));
    return TOKENS;
  }

  private void measure(String name, int threads, Work work)
      throws InterruptedException, ExecutionException {
    perSecond(1, threads, work);
    double alone = 0;
    StringBuilder line = new StringBuilder();
    for (int callers : CALLERS) {
      double rate = perSecond(callers, threads, work);
      alone = callers == 1 ? rate : alone;
      line.append(String.format(Locale.ROOT, "  %d: %8.1f (%.2f)", callers, rate, rate / alone));
    }
    System.out.printf("%-15s by %d native threads; a second, by callers%s%n", name, threads, line);
  }

  /** What {@code callers} threads of Java get done in a second. */
  private double perSecond(int callers, int threads, Work work)
      throws InterruptedException, ExecutionException {
    ExecutorService pool = Executors.newFixedThreadPool(callers);
    CyclicBarrier start = new CyclicBarrier(callers);
    List<Future<Double>> rates = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      Callable<Double> caller = () -> rate(start, work);
      rates.add(pool.submit(() -> NativeThreads.during(threads, caller::call)));
    }
    double sum = 0;
    for (Future<Double> rate : rates) {
      sum += rate.get();
    }
    pool.shutdown();
    return sum;
  }

  private double rate(CyclicBarrier together, Work work) throws Exception {
    work.run();
    together.await();
    long start = System.nanoTime();
    long count = 0;
    double passed = 0;
    while (passed < seconds) {
      count += work.run();
      passed = (System.nanoTime() - start) / 1e9;
    }
    return count / passed;
  }
}
