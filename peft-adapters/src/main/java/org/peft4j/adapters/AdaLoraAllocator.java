package org.peft4j.adapters;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.method.Coordinator;
import org.peft4j.method.TrainingHook;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** The ranks of one AdaLoRA adapter: what trainings have made of them, and what files hold. */
final class AdaLoraAllocator implements Coordinator {

  private final AdaLoraConfig config;
  private final AdaLoraChoice choice;
  private Optional<AdaLoraConfig> begun = Optional.empty();

  AdaLoraAllocator(AdaLoraConfig config, Map<String, AdaLoraTriplets> layers) {
    this.config = config;
    this.choice = AdaLoraChoice.of(layers);
  }

  @Override
  public TrainingHook begin(int steps) {
    if (config.rankPattern().isPresent()) {
      return new WithSettledRanks(config, choice.triplets());
    }
    AdaLoraConfig lasting = config.lasting(steps);
    begun = Optional.of(lasting);
    choice.settle();
    return new AdaLoraTraining(lasting, choice);
  }

  /** Further training of an adapter that comes from a file with its ranks. */
  private record WithSettledRanks(AdaLoraConfig config, Collection<AdaLoraTriplets> layers)
      implements TrainingHook {

    @Override
    public void afterStep(int step) {}

    @Override
    public Optional<Tensor> penalty(Tape t) {
      return config.penalty(t, layers);
    }
  }

  /** The triplets that count and no others, and how long training was to take. */
  @Override
  public Optional<Settled> settled() {
    return begun.map(lasting -> choice.isMade() ? chosen(lasting) : new Settled(lasting, Map.of()));
  }

  private Settled chosen(AdaLoraConfig lasting) {
    Map<String, List<Boolean>> pattern = new LinkedHashMap<>();
    Map<String, Map<String, Tensor>> tensors = new LinkedHashMap<>();
    choice
        .layers()
        .forEach(
            (path, layer) -> {
              List<Boolean> counts = layer.counts();
              pattern.put(AdaLoraConfig.patternKey(path), counts);
              tensors.put(path, layer.triplets().only(counts));
            });
    return new Settled(lasting.with(pattern), tensors);
  }
}
