package org.peft4j.adapters;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.peft4j.adapters.AdaLoraChoice.Place;
import org.peft4j.kernel.Buffer;
import org.peft4j.method.TrainingHook;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * Shares AdaLoRA's budget out: after a step that chooses, E of the least important triplets of all
 * layers is zero. They go on training and may come back with the next choice, until the last.
 */
final class AdaLoraTraining implements TrainingHook {

  private final AdaLoraConfig config;
  private final AdaLoraSchedule schedule;
  private final AdaLoraChoice choice;
  private final Map<String, Importance> importance = new LinkedHashMap<>();

  /**
   * @param config with the number of steps
   * @param choice to be made; one that is for good stays
   */
  AdaLoraTraining(AdaLoraConfig config, AdaLoraChoice choice) {
    this.config = config;
    this.schedule = config.schedule(choice.layers().size());
    this.choice = choice;
    choice.layers().forEach((path, layer) -> importance.put(path, Importance.of(layer.triplets())));
  }

  /** The three tensors of a layer; triplet by triplet the sum of what each of them says. */
  private record Importance(AdaLoraSensitivity a, AdaLoraSensitivity e, AdaLoraSensitivity b) {

    static Importance of(AdaLoraTriplets triplets) {
      return new Importance(
          AdaLoraSensitivity.of(triplets.a()),
          AdaLoraSensitivity.of(triplets.e()),
          AdaLoraSensitivity.of(triplets.b()));
    }

    Map<String, AdaLoraSensitivity> byName() {
      return new TreeMap<>(Map.of("lora_A", a, "lora_B", b, AdaLoraTriplets.E, e));
    }

    double[] scores() {
      double[] ofA = a.ofRows();
      double[] ofE = e.ofRows();
      double[] ofB = b.ofColumns();
      return IntStream.range(0, ofE.length).mapToDouble(i -> ofE[i] + ofA[i] + ofB[i]).toArray();
    }
  }

  private record Scored(Place place, double score) {}

  @Override
  public void afterStep(int step) {
    int t = step - 1;
    if (!choice.isForGood()) {
      if (schedule.observes(t)) {
        observe();
      }
      if (!schedule.chooses(t)) {
        return;
      }
      choice.make(best(schedule.budget(t)));
      if (!schedule.observes(t)) {
        choice.settle();
      }
    }
    choice.apply();
  }

  private void observe() {
    AdaLoraConfig.Smoothing smoothing = config.smoothing();
    importance
        .values()
        .forEach(
            layer ->
                layer
                    .byName()
                    .values()
                    .forEach(s -> s.observe(smoothing.beta1(), smoothing.beta2())));
  }

  /** Exactly the {@code budget} most important; of equal ones those of the first layers. */
  private Set<Place> best(int budget) {
    return importance.entrySet().stream()
        .flatMap(layer -> scored(layer.getKey(), layer.getValue().scores()))
        .sorted(Comparator.comparingDouble(Scored::score).reversed())
        .limit(budget)
        .map(Scored::place)
        .collect(Collectors.toSet());
  }

  private static Stream<Scored> scored(String layer, double[] scores) {
    return IntStream.range(0, scores.length)
        .mapToObj(i -> new Scored(new Place(layer, i), scores[i]));
  }

  @Override
  public Optional<Tensor> penalty(Tape t) {
    return config.penalty(t, choice.triplets());
  }

  @Override
  public Map<String, Buffer> memory() {
    Map<String, Buffer> memory = choice.memory();
    importance.forEach(
        (path, layer) ->
            layer
                .byName()
                .forEach(
                    (name, sensitivity) -> {
                      memory.put(path + "." + name + ".smooth", sensitivity.smooth());
                      memory.put(path + "." + name + ".uncertainty", sensitivity.uncertainty());
                    }));
    return memory;
  }
}
