package org.peft4j.tensor;

/**
 * Tells whether results need gradients, and remembers whether one is for somebody outside the tape:
 * a parameter or a listener.
 */
final class Demand {

  private final boolean training;
  private boolean outside;

  Demand(boolean training) {
    this.training = training;
  }

  /** Whether what is computed from {@code inputs} needs a gradient. */
  boolean of(Tensor... inputs) {
    boolean wanted = false;
    for (Tensor input : inputs) {
      boolean wants = training && input.requiresGradient();
      wanted |= wants;
      outside |= wants && input.owner() == null;
    }
    return wanted;
  }

  /** A listener wants to see a gradient. */
  void listen() {
    outside |= training;
  }

  /** Whether anybody outside the tape wants a gradient of what was computed since the last call. */
  boolean takeOutside() {
    boolean taken = outside;
    outside = false;
    return taken;
  }
}
