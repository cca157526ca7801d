package org.peft4j.nn;

import org.peft4j.adapter.Base;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * A base that for some positions of a batch need not compute what has been computed for the whole
 * batch. An adapter that asks for anything else, such as its input turned, is computed that.
 *
 * @param base what computes anything else
 * @param x the positions' input
 * @param all the base's output for the whole batch
 * @param positions which of the batch they are
 */
record KnownPositions(Base base, Tensor x, Tensor all, int[] positions) implements Base {

  @Override
  public Tensor apply(Tape t, Tensor input) {
    return input == x ? t.gather(all, positions) : base.apply(t, input);
  }
}
