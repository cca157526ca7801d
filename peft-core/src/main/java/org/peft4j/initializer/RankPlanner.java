package org.peft4j.initializer;

import java.util.Map;
import org.peft4j.kernel.Buffer;

/** An initializer that spreads the ranks of all layers anew, by what was found out about them. */
public interface RankPlanner {

  /**
   * The rank of every layer; 0 means that it gets no adapter.
   *
   * @param asked the rank asked for, by layer
   * @param seen what the initializer's statistic found out, by layer
   */
  Map<String, Integer> plan(Map<String, Integer> asked, Map<String, Map<String, Buffer>> seen);

  /** Whether layers keep the factor s of the rank asked for; else they keep its alpha. */
  boolean keepsScaling();
}
