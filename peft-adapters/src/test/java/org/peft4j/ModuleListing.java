package org.peft4j;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Embedding;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Model;
import org.peft4j.nn.Module;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tensor;

/** A module tree without arithmetic, built from a listing of {@code [path, class, shape]}. */
record ModuleListing(Map<String, Module> children) implements Model<ModuleListing> {

  /** A module of a class that has no counterpart here. */
  private record Part(Map<String, Module> children, Map<String, Parameter> parameters)
      implements Module {}

  /** The listing's first entry is the root; parents come before their children. */
  static ModuleListing of(JsonNode listing) {
    Map<String, Module> modules = new LinkedHashMap<>();
    ModuleListing root = new ModuleListing(new LinkedHashMap<>());
    modules.put("", root);
    for (JsonNode entry : listing) {
      String path = entry.get(0).textValue();
      if (!path.isEmpty()) {
        Module module = module(entry.get(1).textValue(), entry.get(2));
        modules.put(path, module);
        int dot = path.lastIndexOf('.');
        Module parent = modules.get(dot < 0 ? "" : path.substring(0, dot));
        parent.children().put(path.substring(dot + 1), module);
      }
    }
    return root;
  }

  private static Module module(String type, JsonNode shape) {
    if (shape.isNull()) {
      return new Part(new LinkedHashMap<>(), Map.of());
    }
    int first = shape.get(0).intValue();
    return switch (type) {
      case "Linear" -> new Linear(zeros(first, shape.get(1).intValue()), Optional.empty());
      case "Conv1D" -> new Linear(zeros(shape.get(1).intValue(), first), Optional.empty());
      case "Embedding" -> new Embedding(zeros(first, shape.get(1).intValue()));
      default -> new Part(new LinkedHashMap<>(), Map.of("weight", zeros(first)));
    };
  }

  private static Parameter zeros(int... dims) {
    Shape shape = Shape.of(dims);
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, shape);
    buffer.put(new float[Math.toIntExact(shape.length())]);
    return new Parameter(Tensor.of(buffer));
  }

  @Override
  public Set<String> outputLayers() {
    return Set.of("lm_head");
  }

  @Override
  public ModuleListing rebuild(Weights weights) {
    return this;
  }
}
