package org.peft4j.benchmarks.serving;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.peft4j.AdaptedModel;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.model.TokenBatch;

/**
 * Milliseconds of a forward pass over 10 sequences, of which each two want another of four adapters
 * (LoRA r16 on all linear layers) or none: mixed in one batch, as five batches of two one after the
 * other, and, for comparison, with no adapter and with one for all. Arguments: tokens per sequence
 * (16), repeats (30), {@code medium} for a model that no cache holds.
 */
public final class MixedBatch {

  private static final List<String> NAMES = List.of("a", "b", "c", "d");
  private static final List<String> WANTED = List.of("a", "b", "c", "d", PeftModel.BASE);

  private final PeftModel<DecoderForCausalLm> model;
  private final int[][] texts;
  private final Tape tape;
  private final Map<String, double[]> times = new LinkedHashMap<>();

  private MixedBatch(RandomLlama sizes, int tokens) {
    model = Peft.host(sizes.model());
    for (String name : NAMES) {
      model.add(new AdapterSpec(new LoraConfig(16, 16), TargetModules.allLinear()).named(name));
    }
    Random random = new Random(1);
    texts =
        Stream.generate(() -> random.ints(tokens, 0, sizes.vocabulary()).toArray())
            .limit(2 * WANTED.size())
            .toArray(int[][]::new);
    tape = Tape.inference(model.kernels());
  }

  public static void main(String[] arguments) {
    int tokens = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 16;
    int repeats = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 30;
    boolean medium = arguments.length > 2 && arguments[2].equals("medium");
    MixedBatch batch = new MixedBatch(medium ? RandomLlama.medium() : RandomLlama.small(), tokens);
    for (int i = -5; i < repeats; i++) {
      batch.round(i, repeats);
    }
    batch.print();
  }

  private void round(int i, int repeats) {
    time("no adapter", i, repeats, () -> forward(model.base(), texts));
    time("one adapter for all", i, repeats, () -> forward(model.with("a"), texts));
    time("mixed: four or none", i, repeats, () -> forward(model.perRow(assignment()), texts));
    time("five batches of two", i, repeats, this::oneAfterTheOther);
  }

  private static List<String> assignment() {
    return Stream.concat(WANTED.stream(), WANTED.stream()).toList();
  }

  private void oneAfterTheOther() {
    for (int i = 0; i < WANTED.size(); i++) {
      String name = WANTED.get(i);
      forward(
          name.equals(PeftModel.BASE) ? model.base() : model.with(name),
          texts[i],
          texts[i + WANTED.size()]);
    }
  }

  private void forward(AdaptedModel<DecoderForCausalLm> adapted, int[]... rows) {
    try (Tape own = adapted.inference(tape)) {
      adapted.model().logits(own, TokenBatch.of(List.of(rows)));
    }
  }

  private void time(String name, int i, int repeats, Runnable body) {
    long start = System.nanoTime();
    body.run();
    double took = (System.nanoTime() - start) / 1e6;
    if (i >= 0) {
      times.computeIfAbsent(name, any -> new double[repeats])[i] = took;
    }
  }

  private void print() {
    times.forEach(
        (name, milliseconds) -> {
          Arrays.sort(milliseconds);
          System.out.printf("%-22s %8.2f ms%n", name, milliseconds[milliseconds.length / 2]);
        });
  }
}
