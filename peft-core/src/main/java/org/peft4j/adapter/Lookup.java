package org.peft4j.adapter;

import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** The embedding table that an adapter sits on. */
@FunctionalInterface
public interface Lookup {

  /** The rows for {@code ids}: a new tensor [ids.length, width] that the caller may write into. */
  Tensor rows(Tape t, int[] ids);
}
