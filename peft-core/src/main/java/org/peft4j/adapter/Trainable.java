package org.peft4j.adapter;

import java.util.Map;
import org.peft4j.tensor.Tensor;

/** What every adapter has: tensors that are trained. */
public interface Trainable {

  /**
   * The trained tensors by the names that Hugging Face PEFT gives them in files, such as {@code
   * lora_A.weight}.
   */
  Map<String, Tensor> parameters();
}
