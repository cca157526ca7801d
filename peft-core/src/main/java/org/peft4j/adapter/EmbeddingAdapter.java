package org.peft4j.adapter;

import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** A method's arithmetic and its trained tensors for one embedding table. */
public interface EmbeddingAdapter extends Trainable {

  /** The rows of the adapted table for {@code ids}: [ids.length, width]. */
  Tensor forward(Tape t, int[] ids, Lookup base);
}
