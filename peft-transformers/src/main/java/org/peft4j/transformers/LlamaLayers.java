package org.peft4j.transformers;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.RmsNorm;
import org.peft4j.nn.Weights;

/** Makes the parts of a Llama around its weights. */
record LlamaLayers(LlamaConfig config, Weights weights) {

  List<LlamaLayer> all(String path) {
    return IntStream.range(0, config.layers())
        .mapToObj(i -> new LlamaLayer(this, path + "." + i, i))
        .toList();
  }

  RmsNorm norm(String path) {
    return RmsNorm.of(weights, path, config.width(), config.normEpsilon());
  }

  /** Merging may have added a bias to a layer that the config gives none. */
  Linear linear(String parent, String name, int in, int out) {
    String path = parent + "." + name;
    Parameter weight = weights.get(path + ".weight", Shape.of(out, in));
    Shape row = Shape.of(out);
    Optional<Parameter> bias =
        config.biases().contains(name)
            ? Optional.of(weights.get(path + ".bias", row))
            : weights.find(path + ".bias", row);
    return new Linear(weight, bias);
  }
}
