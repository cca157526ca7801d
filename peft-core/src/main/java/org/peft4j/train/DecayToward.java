package org.peft4j.train;

/** Where weight decay pulls the parameters θ. */
public enum DecayToward {
  /** To zero, as AdamW does: {@code θ -= lr·decay·θ}. */
  ZERO,
  /**
   * To θ₀, where the parameters were when the trainer was made: {@code θ -= lr·decay·(θ - θ₀)}. For
   * adapters that start with part of the pretrained weights, and for pretrained tensors that train
   * themselves, which decay to zero would take away. This is L2-SP (Li, Grandvalet and Davoine,
   * ICML 2018, arXiv 1802.01483), decoupled from the gradient as in AdamW; it keeps a copy of θ₀.
   */
  START
}
