package org.peft4j.train;

import java.util.Map;
import org.peft4j.tensor.Tensor;

/**
 * A batch's loss, as a sum and the number of things it sums over, so that several batches can be
 * weighed fairly.
 *
 * @param sum scalar on the tape
 * @param terms how many terms {@code sum} has, such as predicted tokens; above 0
 * @param measures what else is worth knowing, as sums over the same terms, by name: for {@code
 *     accuracy} the number of right answers
 */
public record Loss(Tensor sum, double terms, Map<String, Double> measures) {

  public Loss {
    measures = Map.copyOf(measures);
  }

  /** A loss and nothing else. */
  public Loss(Tensor sum, double terms) {
    this(sum, terms, Map.of());
  }
}
