package org.peft4j.transformers.generate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.CausalLm;

/** A tiny model with adapters that change what it says, and letters for its 24 tokens. */
final class Adapted {

  private Adapted() {}

  static PeftModel<? extends CausalLm<?>> model(Path folder, DataType type) throws IOException {
    PeftModel<? extends CausalLm<?>> peft =
        host(Checkpoint.load(new TinyLlama().writeTo(folder), type).causalLm());
    add(peft, new AdapterSpec(new LoraConfig(4, 8), TargetModules.allLinear()).named("a"));
    add(peft, new AdapterSpec(new LoraConfig(2, 8), TargetModules.allLinear()).named("b"));
    return peft;
  }

  private static <M extends CausalLm<M>> PeftModel<M> host(CausalLm<M> model) {
    return Peft.host(model.self());
  }

  /** Always the same numbers for a name. */
  static void add(PeftModel<?> peft, AdapterSpec spec) {
    peft.add(spec);
    Random random = new Random(spec.name().hashCode());
    peft.parameters(spec.name())
        .values()
        .forEach(
            tensor -> tensor.value().put(random.doubles(tensor.shape().length(), -1, 1).toArray()));
  }

  static String letters(int... ids) {
    return IntStream.of(ids)
        .mapToObj(id -> String.valueOf((char) ('a' + id)))
        .collect(Collectors.joining());
  }

  static GenerationRequest request(int promptLength, int maxTokens, Sampling sampling) {
    int[] prompt = new Random(promptLength).ints(promptLength, 0, TinyLlama.VOCABULARY).toArray();
    return new GenerationRequest(prompt, new Generator.Request(maxTokens, sampling, Set.of()));
  }

  /** Greedy, through these adapters. */
  static GenerationRequest request(int promptLength, int maxTokens, String... adapters) {
    return request(promptLength, maxTokens, Sampling.greedy()).through(adapters);
  }

  /** What becomes of a text that nothing stands beside. */
  static List<Integer> alone(PeftModel<? extends CausalLm<?>> peft, GenerationRequest request) {
    int[] tokens =
        new Generator(peft.with(request.adapters())).generate(request.prompt(), request.settings());
    return IntStream.of(tokens).boxed().toList();
  }
}
