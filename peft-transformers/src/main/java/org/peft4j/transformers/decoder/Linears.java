package org.peft4j.transformers.decoder;

import java.util.Optional;
import java.util.Set;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;

/**
 * Makes the linear layers of a model.
 *
 * @param biases the last names of those that must have a bias
 */
public record Linears(Weights weights, Set<String> biases) {

  /**
   * The layer {@code name} of {@code parent}, with W [out, in]. Merging may have added a bias to
   * one that the config gives none.
   */
  public Linear linear(String parent, String name, int in, int out) {
    String path = parent + "." + name;
    Parameter weight = weights.get(path + ".weight", Shape.of(out, in));
    Shape row = Shape.of(out);
    Optional<Parameter> bias =
        biases.contains(name)
            ? Optional.of(weights.get(path + ".bias", row))
            : weights.find(path + ".bias", row);
    return new Linear(weight, bias);
  }
}
