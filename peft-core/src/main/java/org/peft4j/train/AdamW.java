package org.peft4j.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;

/** AdamW over all parameters at once, run by run of those that train at the same rate. */
final class AdamW implements OptimizerState {

  private final FlatParameters parameters;
  private final Kernels kernels;
  private final AdamWSettings settings;
  private final List<RateRun> runs;
  private final Buffer means;
  private final Buffer squares;
  private final Optional<Buffer> start;

  AdamW(FlatParameters parameters, Kernels kernels, AdamWSettings settings, RateFactors rates) {
    this.runs = RateRun.all(parameters, rates);
    this.parameters = parameters;
    this.kernels = kernels;
    this.settings = settings;
    this.means = parameters.zeros();
    this.squares = parameters.zeros();
    this.start = settings.decaysToStart() ? Optional.of(parameters.copy()) : Optional.empty();
  }

  @Override
  public void update(double rate, long update) {
    for (RateRun run : runs) {
      double own = run.factor() * rate;
      start.ifPresent(
          to ->
              kernels.lerp(run.of(to), own * settings.weightDecay(), run.of(parameters.values())));
      kernels.adamW(
          run.of(parameters.values()),
          run.of(parameters.gradients()),
          run.of(means),
          run.of(squares),
          numbers(own, update));
    }
  }

  /** Decay toward the start is applied first; the kernel then gets no weight decay. */
  private AdamWStep numbers(double rate, long update) {
    double toZero = start.isPresent() ? 0 : settings.weightDecay();
    return new AdamWStep(
        rate, settings.beta1(), settings.beta2(), settings.epsilon(), toZero, update);
  }

  @Override
  public Map<String, Buffer> memory() {
    Map<String, Buffer> memory = new LinkedHashMap<>();
    memory.put("exp_avg", means);
    memory.put("exp_avg_sq", squares);
    start.ifPresent(buffer -> memory.put("start", buffer));
    return memory;
  }

  @Override
  public void close() {
    memory().values().forEach(buffer -> buffer.memory().close());
  }
}
