package org.peft4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/**
 * Parameters that lie side by side and train at one rate.
 *
 * @param factor of the learning rate
 * @param offset of the first element in a vector over all parameters
 * @param length in elements
 */
public record RateRun(double factor, long offset, long length) {

  /** This run's part of a vector over all parameters. */
  public Buffer of(Buffer vector) {
    return new Buffer(vector.memory(), offset, Shape.of(Math.toIntExact(length)));
  }

  private RateRun longer(long by) {
    return new RateRun(factor, offset, length + by);
  }

  /**
   * All parameters as the fewest runs.
   *
   * @throws IllegalArgumentException if a rate is for parameters that are not there
   */
  public static List<RateRun> all(FlatParameters parameters, RateFactors rates) {
    rates.requireMatches(parameters.tensors().keySet());
    List<RateRun> runs = new ArrayList<>();
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : parameters.tensors().entrySet()) {
      double factor = rates.of(entry.getKey());
      long length = entry.getValue().shape().length();
      int last = runs.size() - 1;
      if (last >= 0 && runs.get(last).factor() == factor) {
        runs.set(last, runs.get(last).longer(length));
      } else {
        runs.add(new RateRun(factor, offset, length));
      }
      offset += length;
    }
    return runs;
  }
}
