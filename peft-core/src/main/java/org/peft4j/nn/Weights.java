package org.peft4j.nn;

import java.util.Optional;
import org.peft4j.kernel.Shape;

/** Where a model takes its pretrained tensors from, by path. */
public interface Weights {

  /** Whether there is a tensor at {@code path}. */
  boolean contains(String path);

  /**
   * The shape of the tensor at {@code path}; empty where there is none, or where it has the shape
   * that it is asked for.
   */
  default Optional<Shape> shape(String path) {
    return Optional.empty();
  }

  /**
   * The tensor at {@code path}.
   *
   * @throws IllegalArgumentException if there is none or it has another shape; the message names
   *     both
   */
  Parameter get(String path, Shape shape);

  /** The tensor at {@code path} if there is one. */
  default Optional<Parameter> find(String path, Shape shape) {
    return contains(path) ? Optional.of(get(path, shape)) : Optional.empty();
  }
}
