package org.peft4j.train;

import java.util.Map;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;

/**
 * Gradient descent with momentum, an optimizer of somebody else's: {@code v ← μ·v + g}, {@code w ←
 * w - rate·v}.
 */
record Descent(double momentum) implements Optimizer {

  @Override
  public OptimizerState start(FlatParameters parameters, Kernels kernels, RateFactors rates) {
    Buffer velocity = parameters.zeros();
    return new OptimizerState() {
      @Override
      public void update(double rate, long update) {
        kernels.put(velocity, Write.set(momentum), velocity);
        kernels.put(parameters.gradients(), Write.ADD, velocity);
        kernels.put(velocity, Write.add(-rate), parameters.values());
      }

      @Override
      public Map<String, Buffer> memory() {
        return Map.of("velocity", velocity);
      }

      @Override
      public void close() {
        velocity.memory().close();
      }
    };
  }
}
