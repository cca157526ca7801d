package org.peft4j.train;

/** Why training ended. */
public enum StopReason {
  /** All steps are done. */
  STEPS,
  /** There are no more batches. */
  DATA,
  /** The time is up. */
  TIME,
  /** Held-out data has not improved for long enough. */
  PATIENCE,
  /** The thread was interrupted, or {@link Trainer#stop} called. */
  INTERRUPTED
}
