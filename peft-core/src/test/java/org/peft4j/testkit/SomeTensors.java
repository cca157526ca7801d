package org.peft4j.testkit;

import java.util.Map;
import org.peft4j.PeftModel;
import org.peft4j.kernel.Kernels;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Trainee;

/**
 * Tensors of a model's active adapters, trained without what the method does beside the steps.
 *
 * @param model computes the loss
 */
public record SomeTensors(PeftModel<?> model, Map<String, Tensor> trainable) implements Trainee {

  @Override
  public Kernels kernels() {
    return model.kernels();
  }

  @Override
  public Tape training() {
    return model.training();
  }

  @Override
  public Tape inference() {
    return model.inference();
  }
}
