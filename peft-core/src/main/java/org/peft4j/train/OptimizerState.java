package org.peft4j.train;

import java.util.Map;
import org.peft4j.kernel.Buffer;

/** An optimizer at work on some parameters. */
public interface OptimizerState extends AutoCloseable {

  /**
   * Updates all parameters with their gradients, which stay as they are.
   *
   * @param rate the learning rate, before factors
   * @param update counts from 1
   */
  void update(double rate, long update);

  /** What it remembers, by name; writing to the buffers makes it remember something else. */
  Map<String, Buffer> memory();

  @Override
  void close();
}
