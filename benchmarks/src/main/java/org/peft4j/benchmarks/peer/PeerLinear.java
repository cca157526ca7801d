package org.peft4j.benchmarks.peer;

import org.bytedeco.pytorch.Tensor;

/** A frozen linear layer with an adapter. */
record PeerLinear(Tensor weight, PeerAdapter adapter) {

  /** x [..., in] to [..., out]. */
  Tensor forward(Tensor x) {
    return Torch.scoped(() -> adapter.forward(x, weight));
  }
}
