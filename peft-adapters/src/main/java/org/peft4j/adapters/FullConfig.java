package org.peft4j.adapters;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.peft4j.method.BaseTensor;
import org.peft4j.method.ParameterSelector;

/**
 * Full fine-tuning: every tensor of the base trains, in a copy. {@code W ← W − η·step(∇W)} for each
 * of them, with tied tensors staying tied.
 *
 * <p>Starts at the base. What every other method is measured against, and the way to train a model
 * from nothing; takes the memory of the model's parameters five times over (the base, the copy, the
 * gradient, and two of AdamW) and most easily forgets what the base knew. Wants a smaller learning
 * rate than adapters do.
 *
 * <p>Targets narrow it down: named modules train whole, all others stay as they are.
 */
public record FullConfig() implements ParameterSelector {

  /** No counterpart in Hugging Face PEFT. */
  @Override
  public String type() {
    return "FULL";
  }

  @Override
  public String method() {
    return "full";
  }

  @Override
  public Set<String> select(List<BaseTensor> tensors) {
    return tensors.stream().map(BaseTensor::path).collect(Collectors.toSet());
  }
}
