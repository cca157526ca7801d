package org.peft4j.benchmarks.serving;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.peft4j.AdaptedModel;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;

/**
 * Milliseconds per generated token after the prompt, beside the shortest that reading all weights
 * once takes on this machine: without adapters, and with LoRA r16 on all linear layers.
 *
 * <p>Arguments: {@code medium} (650 MiB in float32) or {@code small} (110 MiB, much of which the
 * cache holds), tokens (64), prompt length (64), {@code FLOAT32} or {@code BFLOAT16}.
 */
public final class Decoding {

  private final DecoderForCausalLm llama;
  private final Kernels kernels;
  private final int[] prompt;
  private final int tokens;

  private Decoding(DecoderForCausalLm llama, Kernels kernels, int promptLength, int tokens) {
    this.llama = llama;
    this.kernels = kernels;
    this.prompt = new Random(1).ints(promptLength, 0, llama.vocabulary()).toArray();
    this.tokens = tokens;
  }

  public static void main(String[] arguments) throws IOException {
    boolean small = arguments.length > 0 && arguments[0].equals("small");
    int tokens = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 64;
    int promptLength = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 64;
    DataType type = arguments.length > 3 ? DataType.valueOf(arguments[3]) : DataType.FLOAT32;
    DecoderForCausalLm llama = (small ? RandomLlama.small() : RandomLlama.medium()).model(type);
    new Decoding(llama, KernelSets.forType(type), promptLength, tokens).compare();
  }

  private void compare() throws IOException {
    Resident before = Resident.now();
    PeftModel<DecoderForCausalLm> model =
        Peft.adapt(llama, new AdapterSpec(new LoraConfig(16, 16), TargetModules.allLinear()));
    long weights = RandomLlama.bytesPerToken(llama);
    long factors =
        model.trainable().values().stream().mapToLong(each -> 4 * each.shape().length()).sum();
    Times first = generate(model.base());
    System.out.printf(
        "first token %.0f ms, again %.0f ms; memory since loading: %s%n",
        first.prompt(), generate(model.base()).prompt(), Resident.now().since(before));
    try (Bandwidth bandwidth = new Bandwidth(kernels)) {
      for (int round = 0; round < 3; round++) {
        print("no adapter", model.base(), weights, bandwidth);
        print("LoRA r16", model.with("default"), weights + factors, bandwidth);
      }
      System.out.println(bandwidth);
    }
  }

  private record Times(double prompt, double[] tokens) {
    double median() {
      double[] sorted = tokens.clone();
      Arrays.sort(sorted);
      return sorted[sorted.length / 2];
    }
  }

  /** Milliseconds until the first token, and for each one after it. */
  private Times generate(AdaptedModel<DecoderForCausalLm> adapted) {
    long[] moments = new long[tokens + 1];
    int[] next = {1};
    moments[0] = System.nanoTime();
    Generator.Request request = new Generator.Request(tokens, Sampling.greedy(), Set.of());
    new Generator(adapted)
        .generate(prompt, request, token -> moments[next[0]++] = System.nanoTime());
    double[] each = new double[tokens - 1];
    Arrays.setAll(each, i -> (moments[i + 2] - moments[i + 1]) / 1e6);
    return new Times((moments[1] - moments[0]) / 1e6, each);
  }

  private void print(
      String name, AdaptedModel<DecoderForCausalLm> adapted, long bytes, Bandwidth bandwidth) {
    bandwidth.measure(3);
    double milliseconds = generate(adapted).median();
    bandwidth.measure(3);
    double shortest = 1e3 * bytes / bandwidth.bytesPerSecond();
    System.out.printf(
        "%-12s %7.2f ms a token; reading %d MiB takes %7.2f ms: %3.0f %% of the limit%n",
        name, milliseconds, bytes >> 20, shortest, 100 * shortest / milliseconds);
  }
}
