package org.peft4j.adapter;

import java.util.Map;
import java.util.Optional;
import org.peft4j.tensor.Tensor;

/** What every adapter has: tensors that are trained. */
public interface Trainable {

  /**
   * The trained tensors by the names that Hugging Face PEFT gives them in files, such as {@code
   * lora_A.weight}.
   */
  Map<String, Tensor> parameters();

  /**
   * What is worth telling about where it started, of a method that makes its factors itself; empty
   * where there is nothing, or where the factors came from {@link AdapterSite#lowRank}, which
   * tells.
   */
  default Optional<StartFacts> startFacts() {
    return Optional.empty();
  }
}
