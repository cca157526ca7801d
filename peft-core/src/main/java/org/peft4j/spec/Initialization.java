package org.peft4j.spec;

import java.util.Optional;
import org.peft4j.initializer.Initializer;

/**
 * How an adapter's tensors are initialized.
 *
 * @param initializer of low-rank factors; the method's own way if empty
 * @param seed of every random number
 */
public record Initialization(Optional<Initializer> initializer, long seed) {

  /** The method's own way, from seed 0. */
  public static final Initialization OWN = new Initialization(Optional.empty(), 0);
}
