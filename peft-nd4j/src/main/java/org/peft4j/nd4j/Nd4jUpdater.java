package org.peft4j.nd4j;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.train.FlatParameters;
import org.peft4j.train.OptimizerState;
import org.peft4j.train.RateFactors;
import org.peft4j.train.RateRun;

/**
 * An updater of ND4J for each run of parameters that train at the same rate. It turns a gradient
 * into a step in place, so it works on a copy.
 */
final class Nd4jUpdater implements OptimizerState {

  private final FlatParameters parameters;
  private final Kernels kernels;
  private final double weightDecay;
  private final Buffer steps;
  private final List<Worker> workers = new ArrayList<>();

  /**
   * @param memory the values that {@code rule} works with; none for a rule without a memory
   */
  private record Worker(RateRun run, GradientUpdater<?> rule, List<Buffer> memory) {}

  Nd4jUpdater(
      FlatParameters parameters, Kernels kernels, UpdaterSettings settings, RateFactors rates) {
    this.parameters = parameters;
    this.kernels = kernels;
    this.weightDecay = settings.weightDecay();
    List<RateRun> runs = RateRun.all(parameters, rates);
    if (!settings.updater().hasLearningRate() && (runs.size() > 1 || weightDecay > 0)) {
      throw new IllegalArgumentException(
          settings.updater().getClass().getSimpleName()
              + " has no learning rate, so rate factors and weight decay have nothing to go by");
    }
    runs.forEach(run -> workers.add(worker(run, settings.updater())));
    this.steps = parameters.zeros();
  }

  private Worker worker(RateRun run, IUpdater pattern) {
    IUpdater own = pattern.clone();
    int size = Math.toIntExact(own.stateSize(run.length()));
    if (size == 0) {
      return new Worker(run, own.instantiate((INDArray) null, true), List.of());
    }
    Buffer memory = kernels.buffer(parameters.values().type(), Shape.of(size));
    return new Worker(run, instantiate(own, memory), List.of(memory));
  }

  /** In ND4J 1.0.0-M2.1 {@code AdaBelief} asks for the second extent of a vector. */
  private static GradientUpdater<?> instantiate(IUpdater updater, Buffer memory) {
    try {
      return updater.instantiate(Nd4jArrays.array(memory), true);
    } catch (ArrayIndexOutOfBoundsException e) {
      memory.memory().close();
      throw new IllegalArgumentException(
          "this version of ND4J cannot start "
              + updater.getClass().getSimpleName()
              + "; use another updater, such as Adam",
          e);
    }
  }

  @Override
  public void update(double rate, long update) {
    kernels.put(parameters.gradients(), Write.SET, steps);
    int iteration = Math.toIntExact(update - 1);
    for (Worker worker : workers) {
      double own = worker.run().factor() * rate;
      IUpdater config = worker.rule().getConfig();
      if (config.hasLearningRate()) {
        config.setLrAndSchedule(own, null);
      }
      Buffer values = worker.run().of(parameters.values());
      Buffer step = worker.run().of(steps);
      worker.rule().applyUpdater(Nd4jArrays.array(step), iteration, 0);
      if (weightDecay > 0) {
        kernels.put(values, Write.set(1 - own * weightDecay), values);
      }
      kernels.put(step, Write.add(-1), values);
    }
  }

  @Override
  public Map<String, Buffer> memory() {
    Map<String, Buffer> memory = new LinkedHashMap<>();
    for (int i = 0; i < workers.size(); i++) {
      String name = "updater_" + i;
      workers.get(i).memory().forEach(buffer -> memory.put(name, buffer));
    }
    return memory;
  }

  @Override
  public void close() {
    memory().values().forEach(buffer -> buffer.memory().close());
    steps.memory().close();
  }
}
