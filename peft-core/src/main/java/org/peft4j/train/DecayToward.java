package org.peft4j.train;

/** Where weight decay pulls. */
public enum DecayToward {
  /** To zero, as AdamW does. */
  ZERO,
  /**
   * To where the parameters were when training began: for adapters that start with part of the
   * pretrained weights, which decay to zero would take away.
   */
  START
}
