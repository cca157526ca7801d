package org.peft4j.transformers.data;

/** What to do about texts that have more tokens than the longest example may have. */
public enum TooLong {
  /** Cut off their ends. */
  CUT,
  /** Treat their lines like those that are no examples; see {@link BadLines}. */
  REFUSE,
  /** Leave their lines out and count them, whatever becomes of bad lines. */
  SKIP
}
