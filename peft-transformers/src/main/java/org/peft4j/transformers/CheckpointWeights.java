package org.peft4j.transformers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tensor;

/**
 * The tensors of a checkpoint. What is missing or wrongly shaped is noted and stood in for, so that
 * all of it can be reported together.
 */
final class CheckpointWeights implements Weights {

  private final Safetensors file;
  private final DataType type;
  private final List<String> problems = new ArrayList<>();
  private final Set<String> unused;

  CheckpointWeights(Safetensors file, DataType type) {
    this.file = file;
    this.type = type;
    this.unused = new TreeSet<>(file.names());
  }

  @Override
  public boolean contains(String path) {
    return file.contains(path);
  }

  @Override
  public Parameter get(String path, Shape shape) {
    unused.remove(path);
    if (fits(path, shape)) {
      return new Parameter(Tensor.of(read(path)));
    }
    return standIn(shape);
  }

  /** No memory: the model is given up before anyone looks. */
  private Parameter standIn(Shape shape) {
    Memory nowhere = Memory.at(0, type, shape.length(), this);
    return new Parameter(Tensor.of(new Buffer(nowhere, 0, shape)));
  }

  List<String> problems() {
    return List.copyOf(problems);
  }

  /** Tensors that nobody asked for, in order. */
  Set<String> unused() {
    return unused;
  }

  private boolean fits(String path, Shape shape) {
    if (!file.contains(path)) {
      problems.add("tensor " + path + " " + shape + " is missing");
      return false;
    }
    Shape stored = file.info(path).shape();
    if (!stored.equals(shape)) {
      problems.add("tensor " + path + " must have shape " + shape + " but has " + stored);
    }
    return stored.equals(shape);
  }

  /** Where the model computes in BFLOAT16, that is the type of its matrices only. */
  private Buffer read(String path) {
    boolean matrix = file.info(path).shape().rank() > 1;
    try {
      return file.read(path, matrix ? type : type.trained());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
