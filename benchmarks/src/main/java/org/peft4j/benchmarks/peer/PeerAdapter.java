package org.peft4j.benchmarks.peer;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** What a method does at one linear layer, as Hugging Face PEFT does it. */
interface PeerAdapter {

  /** The trained tensors, by the names that PEFT writes. */
  Map<String, Tensor> parameters();

  /**
   * The layer's output.
   *
   * @param x [..., in]
   * @param weight of the layer, frozen: [out, in]
   * @return [..., out]
   */
  Tensor forward(Tensor x, Tensor weight);
}
