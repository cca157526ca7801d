package org.peft4j.nn;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/**
 * The tensors of a model by path, as PyTorch's {@code state_dict} has them.
 *
 * @param tensors in order
 */
public record StateDict(Map<String, Tensor> tensors) implements Weights {

  public StateDict {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /**
   * Those of a model, shared with it; one that several parameters share stands at the path where it
   * comes first. Adapters on the model do not count.
   */
  public static StateDict of(Module model) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    ModuleTree.parameters(model).forEach((path, own) -> tensors.put(path, own.pretrained()));
    return new StateDict(tensors);
  }

  @Override
  public boolean contains(String path) {
    return tensors.containsKey(path);
  }

  @Override
  public Optional<Shape> shape(String path) {
    return Optional.ofNullable(tensors.get(path)).map(Tensor::shape);
  }

  @Override
  public Parameter get(String path, Shape shape) {
    Tensor tensor = tensors.get(path);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "there is no tensor %s %s; there are %s"
              .formatted(path, shape, Misfits.excerpt(tensors.keySet())));
    }
    Misfits.problem(path, tensor, shape)
        .ifPresent(
            problem -> {
              throw new IllegalArgumentException(problem);
            });
    return new Parameter(tensor);
  }

  /**
   * Builds a model of exactly these tensors.
   *
   * @param model builds it, such as a constructor that takes {@link Weights}
   * @throws MisfitException if tensors are missing, have another shape or are not asked for; the
   *     message tells them all
   */
  public <M> M build(Function<Weights, M> model) {
    return new Misfits(this).build(model);
  }

  /** Frees the tensors. */
  public void close() {
    tensors.values().forEach(Tensor::free);
  }
}
