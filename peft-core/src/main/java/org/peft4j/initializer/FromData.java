package org.peft4j.initializer;

import java.util.Map;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.kernel.Buffer;

/** An initializer that wants to see data pass through the model first. */
public sealed interface FromData extends Initializer permits FromActivations, FromGradients {

  /** What it wants to know of each layer. */
  Statistic statistic();

  /**
   * Start values A [rank, in] and B [out, rank].
   *
   * @param site gives the weight as {@link AdapterSite#weight()}
   * @param rank the layer's rank, after planning where the initializer plans
   * @param scaling the factor s that the method will put on {@code B·A}
   * @param seen what {@link #statistic} found out about the layer
   * @throws IllegalArgumentException if that does not suffice for this rank on this weight
   */
  Start start(AdapterSite site, int rank, double scaling, Map<String, Buffer> seen);
}
