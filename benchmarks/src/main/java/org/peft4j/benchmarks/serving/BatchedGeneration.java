package org.peft4j.benchmarks.serving;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.generate.GenerationListener;
import org.peft4j.transformers.generate.GenerationQueue;
import org.peft4j.transformers.generate.GenerationRequest;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;

/**
 * Tokens a second after the prompts of 1 to 16 texts that are continued together: by the base, by
 * one adapter (LoRA r16 on all linear layers), and each by one of four in turn. The median of
 * several rounds, from the moment at which all prompts are read.
 *
 * <p>Arguments: {@code medium} (650 MiB in float32) or {@code small} (110 MiB, much of which the
 * cache holds), tokens (64), prompt length (64), {@code FLOAT32} or {@code BFLOAT16}, rounds (3).
 */
public final class BatchedGeneration {

  private static final int[] ROWS = {1, 2, 4, 8, 16};
  private static final List<String> ADAPTERS = List.of("a", "b", "c", "d");

  private final PeftModel<DecoderForCausalLm> model;
  private final int tokens;
  private final int promptLength;
  private final int rounds;

  private BatchedGeneration(DecoderForCausalLm llama, int tokens, int promptLength, int rounds) {
    this.model = Peft.host(llama);
    this.tokens = tokens;
    this.promptLength = promptLength;
    this.rounds = rounds;
    ADAPTERS.forEach(
        name ->
            model.add(
                new AdapterSpec(new LoraConfig(16, 16), TargetModules.allLinear()).named(name)));
  }

  public static void main(String[] arguments) {
    boolean small = arguments.length > 0 && arguments[0].equals("small");
    int tokens = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 64;
    int promptLength = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 64;
    DataType type = arguments.length > 3 ? DataType.valueOf(arguments[3]) : DataType.FLOAT32;
    int rounds = arguments.length > 4 ? Integer.parseInt(arguments[4]) : 3;
    DecoderForCausalLm llama = (small ? RandomLlama.small() : RandomLlama.medium()).model(type);
    new BatchedGeneration(llama, tokens, promptLength, rounds).compare();
  }

  private void compare() {
    System.out.printf(
        "%d tokens after prompts of %d, median of %d%n%4s %22s %22s %22s%n",
        tokens, promptLength, rounds, "rows", "no adapter", "one adapter", "four adapters in turn");
    for (int rows : ROWS) {
      System.out.printf(
          "%4d %22s %22s %22s%n",
          rows, measured(rows, 0), measured(rows, 1), measured(rows, ADAPTERS.size()));
    }
  }

  private String measured(int rows, int adapters) {
    generate(rows, adapters);
    double[] rates = new double[rounds];
    Arrays.setAll(rates, round -> generate(rows, adapters));
    Arrays.sort(rates);
    double rate = rates[rounds / 2];
    return "%.0f /s, %.1f ms a step".formatted(rate, 1e3 * rows / rate);
  }

  /** Tokens a second of all texts together. */
  private double generate(int rows, int adapters) {
    List<Moments> moments = new ArrayList<>();
    List<CompletableFuture<?>> answers = new ArrayList<>();
    CountDownLatch submitted = new CountDownLatch(rows);
    try (GenerationQueue queue = GenerationQueue.start(model, ids -> "", rows)) {
      for (int i = 0; i < rows; i++) {
        moments.add(new Moments(submitted));
        answers.add(queue.submit(request(i, adapters), moments.get(i)));
        submitted.countDown();
      }
      answers.forEach(CompletableFuture::join);
    }
    long begin = moments.stream().mapToLong(each -> each.first).max().orElseThrow();
    long end = moments.stream().mapToLong(each -> each.last).max().orElseThrow();
    return 1e9 * rows * (tokens - 1) / (end - begin);
  }

  private GenerationRequest request(int row, int adapters) {
    int[] prompt = new Random(row).ints(promptLength, 0, model.model().vocabulary()).toArray();
    Generator.Request settings = new Generator.Request(tokens, Sampling.greedy(), Set.of());
    GenerationRequest request = new GenerationRequest(prompt, settings);
    return adapters == 0 ? request : request.through(ADAPTERS.get(row % adapters));
  }

  /** When tokens came, of which none comes before all texts are there. */
  private static final class Moments implements GenerationListener {

    private final CountDownLatch submitted;
    private long first;
    private long last;

    Moments(CountDownLatch submitted) {
      this.submitted = submitted;
    }

    @Override
    public void token(int id) {
      try {
        submitted.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      last = System.nanoTime();
      first = first == 0 ? last : first;
    }

    @Override
    public boolean text(String piece) {
      return true;
    }
  }
}
