package org.peft4j.initializer;

import java.util.Map;
import org.peft4j.kernel.Buffer;

/** What is found out about the gradient that the frozen weight of a layer would get. */
public non-sealed interface GradientStatistic extends Statistic {

  /**
   * What is worth knowing of one layer's gradient: matrices and vectors by name. Asked once for
   * each layer, as soon as its gradient is complete; the gradient's memory goes away afterwards.
   *
   * @param layer the layer's path
   * @param rank the rank wanted there
   * @param gradient the mean of dL/dW over all predicted tokens, [out, in]
   * @throws IllegalArgumentException if the gradient has an entry that is not finite
   */
  Map<String, Buffer> of(String layer, int rank, Buffer gradient);
}
