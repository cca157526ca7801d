package org.peft4j.benchmarks.peer;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.peft4j.benchmarks.steps.RandomWeights;
import org.peft4j.benchmarks.steps.Sizes;

/**
 * A linear layer that gets an adapter.
 *
 * @param path of the layer
 * @param weight [out, in]
 * @param sizes of the whole model
 * @param shared tensors that several layers have in common, by name
 */
record PeerSite(String path, Tensor weight, Sizes sizes, Map<String, Tensor> shared) {

  int in() {
    return (int) weight.size(1);
  }

  int out() {
    return (int) weight.size(0);
  }

  /** The most inputs, or outputs, of any layer with an adapter. */
  int widest() {
    return Math.max(sizes.width(), sizes.hidden());
  }

  /** A trained tensor that starts with random numbers. */
  Tensor random(String name, long... shape) {
    int length = 1;
    for (long extent : shape) {
      length *= (int) extent;
    }
    return Torch.parameter(RandomWeights.values(path + "." + name, length), shape);
  }

  /** A trained tensor that starts at one number. */
  Tensor full(double value, long... shape) {
    Tensor tensor = random("", shape);
    float[] values = new float[(int) tensor.numel()];
    Arrays.fill(values, (float) value);
    return Torch.parameter(values, shape);
  }

  /**
   * What another layer has put into {@link #shared}.
   *
   * @throws NullPointerException if none has
   */
  Tensor shared(String name) {
    return Objects.requireNonNull(shared.get(name), name);
  }
}
