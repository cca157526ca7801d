package org.peft4j.transformers.generate;

/** Why a text goes on no further. */
public enum Ending {
  /** A token came up that ends texts. */
  END_TOKEN,
  /** A stop word came up. */
  STOP_WORD,
  /** There are as many tokens as were asked for, or as the model takes. */
  LENGTH,
  /** Its listener wanted no more. */
  CANCELLED
}
