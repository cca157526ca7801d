package org.peft4j.nn;

import org.peft4j.adapter.Base;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * A base that for some rows of a batch need not compute what has been computed for the whole batch.
 * An adapter that asks for anything else, such as its input turned, is computed that.
 *
 * @param base what computes anything else
 * @param x the rows' input
 * @param all the base's output for the whole batch
 * @param rows which of the batch they are
 */
record KnownRows(Base base, Tensor x, Tensor all, int[] rows) implements Base {

  @Override
  public Tensor apply(Tape t, Tensor input) {
    return input == x ? t.gather(all, rows) : base.apply(t, input);
  }
}
