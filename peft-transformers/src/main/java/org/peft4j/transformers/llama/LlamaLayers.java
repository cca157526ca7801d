package org.peft4j.transformers.llama;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.RmsNorm;
import org.peft4j.nn.Weights;

/** Makes the parts of a Llama around its weights. */
record LlamaLayers(LlamaConfig config, Weights weights) {

  /** One by one: the first that is missing ends it, however many the config claims. */
  List<LlamaLayer> all(String path) {
    List<LlamaLayer> all = new ArrayList<>();
    for (int i = 0; i < config.layers(); i++) {
      all.add(new LlamaLayer(this, path + "." + i, i));
    }
    return List.copyOf(all);
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
