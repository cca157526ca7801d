package org.peft4j.calibrate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.peft4j.initializer.GradientStatistic;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * The gradient that one layer's frozen weight would get: added up as backward passes produce it,
 * and given away the moment it is complete. With a single batch there is never more than one
 * layer's gradient at a time.
 */
final class GradientWatch {

  private final String layer;
  private final List<Wanted> wanted;
  private final Kernels kernels;
  private final Map<String, Map<String, Buffer>> results = new LinkedHashMap<>();
  private @Nullable Buffer sum;
  private int waiting;
  private double finalTerms;

  GradientWatch(String layer, List<Wanted> wanted, Kernels kernels) {
    this.layer = layer;
    this.wanted = wanted;
    this.kernels = kernels;
  }

  /** From x [n, in] and its product y [n, out], both of this pass, the gradient of the weight. */
  Tensor watch(Tape t, Tensor x, Tensor y) {
    waiting++;
    return t.tap(y, dy -> add(dy, x.value()), x);
  }

  /**
   * Before a backward pass.
   *
   * @param terms the terms of all batches if this is the last, else 0
   */
  void beginBackward(double terms) {
    finalTerms = terms;
  }

  /** After a backward pass: what it did not reach will not come any more. */
  void endBackward() {
    waiting = 0;
    if (finalTerms > 0 && results.isEmpty() && sum != null) {
      finish(sum);
    }
  }

  private void add(Buffer dy, Buffer x) {
    Buffer gradient = sum;
    if (gradient == null) {
      gradient = allocate(x.type(), dy.columns(), x.columns());
      kernels.transposedTimes(dy, x, Write.SET, gradient);
    } else {
      kernels.transposedTimes(dy, x, Write.ADD, gradient);
    }
    sum = gradient;
    waiting--;
    if (finalTerms > 0 && waiting == 0) {
      finish(gradient);
    }
  }

  private Buffer allocate(DataType type, int out, int in) {
    Shape shape = Shape.of(out, in);
    return kernels.buffer(type, shape);
  }

  private void finish(Buffer gradient) {
    kernels.put(gradient, Write.set(1 / finalTerms), gradient);
    for (Wanted each : wanted) {
      GradientStatistic statistic = (GradientStatistic) each.statistic();
      results.put(statistic.name(), statistic.of(layer, each.rank(), gradient));
    }
    gradient.memory().close();
    sum = null;
  }

  /** What was found out, by the statistic's name; empty if no gradient reached the layer. */
  Map<String, Map<String, Buffer>> results() {
    return results;
  }
}
