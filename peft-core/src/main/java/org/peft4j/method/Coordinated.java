package org.peft4j.method;

import java.util.Map;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.Trainable;

/**
 * A method that has to do something over all its layers while they train, beside each layer's own
 * arithmetic.
 */
public interface Coordinated extends AdapterConfig {

  /**
   * What does it, for one adapter.
   *
   * @param layers what {@link #create} built, by the layer's path, in the model's order
   */
  Coordinator coordinator(Map<String, Trainable> layers);
}
