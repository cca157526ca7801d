package org.peft4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.tensor.Tensor;

/** AdamW over all parameters at once, run by run of those that train at the same rate. */
final class AdamW implements AutoCloseable {

  private final FlatParameters parameters;
  private final Kernels kernels;
  private final AdamWSettings settings;
  private final List<Run> runs;
  private final Buffer means;
  private final Buffer squares;
  private final Optional<Buffer> start;

  /** Parameters that lie side by side and train at one rate. */
  private record Run(double factor, long offset, long length) {

    Buffer of(Buffer vector) {
      return new Buffer(vector.memory(), offset, Shape.of(Math.toIntExact(length)));
    }

    Run longer(long by) {
      return new Run(factor, offset, length + by);
    }
  }

  /**
   * @throws IllegalArgumentException if a rate is for parameters that are not there
   */
  AdamW(FlatParameters parameters, Kernels kernels, AdamWSettings settings, RateFactors rates) {
    rates.requireMatches(parameters.tensors().keySet());
    this.parameters = parameters;
    this.kernels = kernels;
    this.settings = settings;
    this.runs = runs(parameters, rates);
    this.means = parameters.state();
    this.squares = parameters.state();
    this.start = settings.decaysToStart() ? Optional.of(copy()) : Optional.empty();
  }

  private static List<Run> runs(FlatParameters parameters, RateFactors rates) {
    List<Run> runs = new ArrayList<>();
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : parameters.tensors().entrySet()) {
      double factor = rates.of(entry.getKey());
      long length = entry.getValue().shape().length();
      int last = runs.size() - 1;
      if (last >= 0 && runs.get(last).factor() == factor) {
        runs.set(last, runs.get(last).longer(length));
      } else {
        runs.add(new Run(factor, offset, length));
      }
      offset += length;
    }
    return runs;
  }

  private Buffer copy() {
    Buffer copy = parameters.state();
    kernels.put(parameters.values(), Write.SET, copy);
    return copy;
  }

  /**
   * Updates all parameters with their gradients.
   *
   * @param rate the learning rate, before factors
   * @param step counts from 1
   */
  void update(double rate, int step) {
    for (Run run : runs) {
      double own = run.factor() * rate;
      start.ifPresent(
          to ->
              kernels.lerp(run.of(to), own * settings.weightDecay(), run.of(parameters.values())));
      kernels.adamW(
          run.of(parameters.values()),
          run.of(parameters.gradients()),
          run.of(means),
          run.of(squares),
          numbers(own, step));
    }
  }

  /** What pulls to the start goes before the kernel, which then pulls nowhere. */
  private AdamWStep numbers(double rate, int step) {
    double toZero = start.isPresent() ? 0 : settings.weightDecay();
    return new AdamWStep(
        rate, settings.beta1(), settings.beta2(), settings.epsilon(), toZero, step);
  }

  @Override
  public void close() {
    means.memory().close();
    squares.memory().close();
    start.ifPresent(buffer -> buffer.memory().close());
  }
}
