package org.peft4j.transformers.decoder;

import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** Which rows of a pass see which keys; see {@link Pass#attention}. */
@FunctionalInterface
interface Attention {

  Tensor of(Tape t, int layer, Tensor q, Tensor k, Tensor v);
}
