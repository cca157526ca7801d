package org.peft4j.benchmarks.serving;

import java.util.Arrays;
import java.util.List;
import org.peft4j.AdaptedModel;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.transformers.decoder.DecoderForCausalLm;

/**
 * Microseconds that a tape takes to be made and closed which chooses another resident adapter, of a
 * Llama of 8 layers with LoRA r16 on all 56 linear layers; none; or one for each row of a batch.
 * Argument: how often (20000).
 */
public final class SwitchingAdapters {

  private SwitchingAdapters() {}

  public static void main(String[] arguments) {
    int times = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20_000;
    PeftModel<DecoderForCausalLm> model = Peft.host(RandomLlama.small().model());
    for (String name : List.of("first", "second")) {
      model.add(new AdapterSpec(new LoraConfig(16, 16), TargetModules.allLinear()).named(name));
    }
    List<String> mix = List.of("first", "second", PeftModel.BASE, "first");
    measure("one adapter", times, i -> open(model.with(i % 2 == 0 ? "first" : "second")));
    measure("no adapter", times, i -> open(model.base()));
    measure(
        "one for each row",
        times,
        i -> open(model.perRow(i % 2 == 0 ? mix : List.of("second", "first"))));
  }

  private static void open(AdaptedModel<DecoderForCausalLm> adapted) {
    adapted.inference().close();
  }

  private interface Action {
    void run(int i);
  }

  private static void measure(String name, int times, Action action) {
    long first = timed(action, 0);
    long[] nanoseconds = new long[times];
    for (int i = -times; i < times; i++) {
      long took = timed(action, i + times + 1);
      if (i >= 0) {
        nanoseconds[i] = took;
      }
    }
    Arrays.sort(nanoseconds);
    System.out.printf(
        "%-22s median %7.2f us, 99th percentile %7.2f us, the very first %7.0f us%n",
        name, nanoseconds[times / 2] / 1e3, nanoseconds[times * 99 / 100] / 1e3, first / 1e3);
  }

  private static long timed(Action action, int i) {
    long start = System.nanoTime();
    action.run(i);
    return System.nanoTime() - start;
  }
}
