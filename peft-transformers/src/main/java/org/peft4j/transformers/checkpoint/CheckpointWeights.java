package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.NonFinite;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tensor;

/**
 * The tensors of a checkpoint. What is missing, wrongly shaped or not finite is noted and stood in
 * for, so that all of it can be reported together.
 */
final class CheckpointWeights implements Weights {

  /** A config may claim a billion layers; nobody reads about more than a few. */
  private static final int ENOUGH = 1000;

  private static final Set<DataType> FLOATING =
      Set.of(DataType.FLOAT64, DataType.FLOAT32, DataType.FLOAT16, DataType.BFLOAT16);

  private final Path directory;
  private final Safetensors file;
  private final DataType type;
  private final QuantizedTensor.Block block;
  private final StoredNames names;
  private final List<String> problems = new ArrayList<>();
  private final List<Memory> read = new ArrayList<>();
  private final Set<String> unused;

  CheckpointWeights(Path directory, Safetensors file, DataType type, QuantizedTensor.Block block) {
    this.directory = directory;
    this.file = file;
    this.type = type;
    this.block = block;
    this.names = StoredNames.of(file.names());
    this.unused = new TreeSet<>(file.names());
  }

  @Override
  public boolean contains(String path) {
    return file.contains(names.of(path));
  }

  @Override
  public Parameter get(String path, Shape shape) {
    String name = names.of(path);
    unused.remove(name);
    int before = problems.size();
    Buffer value = fits(name, shape) ? read(name) : standIn(shape);
    read.add(value.memory());
    if (problems.size() == before) {
      requireFinite(name, value);
    } else if (problems.size() >= ENOUGH) {
      throw new UncheckedIOException(new AdapterFormatException(directory, problems));
    }
    return new Parameter(Tensor.of(value));
  }

  /** No memory: the model is given up before anyone looks. */
  private Buffer standIn(Shape shape) {
    return new Buffer(HostMemory.at(0, type, shape.length(), this), 0, shape);
  }

  /** The first extent of a tensor, if there is that tensor. */
  OptionalInt rows(String path) {
    String name = names.of(path);
    return file.contains(name) && file.info(name).shape().rank() > 0
        ? OptionalInt.of(file.info(name).shape().dim(0))
        : OptionalInt.empty();
  }

  /** Frees all that was read: there is to be no model. */
  void close() {
    read.forEach(Memory::close);
  }

  List<String> problems() {
    return List.copyOf(problems);
  }

  /** Tensors that nobody asked for, in order. */
  Set<String> unused() {
    return unused;
  }

  private boolean fits(String name, Shape shape) {
    if (!file.contains(name)) {
      Optional<String> place = file.absent(name);
      problems.add(
          "tensor "
              + name
              + " "
              + shape
              + place
                  .map(shard -> " is not in " + shard + ", where the index puts it")
                  .orElse(" is missing"));
      return false;
    }
    Shape stored = file.info(name).shape();
    if (!stored.equals(shape)) {
      problems.add(
          "tensor "
              + name
              + " must have shape "
              + shape
              + " but has "
              + stored
              + hint(stored, shape));
      return false;
    }
    return isReadable(name);
  }

  private static String hint(Shape stored, Shape wanted) {
    if (stored.length() == 0) {
      return "; it is empty, as DeepSpeed's ZeRO-3 leaves what it has not gathered: convert the"
          + " checkpoint with its zero_to_fp32.py, or save it with"
          + " stage3_gather_16bit_weights_on_model_save";
    }
    boolean packed =
        stored.rank() == 2 && stored.dim(1) == 1 && wanted.length() % stored.dim(0) == 0;
    return packed ? "; it looks like weights packed into 4 bits, which cannot be read here" : "";
  }

  private boolean isReadable(String name) {
    DataType stored = file.info(name).type();
    if (!FLOATING.contains(stored) && QuantizedTensor.find(file, name, block).isEmpty()) {
      problems.add(
          "tensor %s is stored as %s without scales that are known here; weights must be F64, F32,"
                  .formatted(name, stored.fileName())
              + " F16 or BF16, or quantised to 8 bits with a weight_scale, weight_scale_inv or SCB"
              + " beside them");
      return false;
    }
    return true;
  }

  /** Where the model computes in BFLOAT16, that is the type of its matrices only. */
  private Buffer read(String name) {
    boolean matrix = file.info(name).shape().rank() > 1;
    DataType as = matrix ? type : type.trained();
    try {
      Optional<QuantizedTensor> quantized = QuantizedTensor.find(file, name, block);
      if (quantized.isPresent()) {
        unused.remove(quantized.get().scales());
        return quantized.get().read(file, as);
      }
      return file.read(name, as);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void requireFinite(String name, Buffer value) {
    OptionalLong found = NonFinite.first(value);
    if (found.isPresent()) {
      problems.add(
          "tensor %s holds NaN or infinity at %s; the file is damaged, or what trained it went"
                  .formatted(name, place(value.shape(), found.getAsLong()))
              + " astray");
    }
  }

  /** The element of that index as its row and column. */
  private static String place(Shape shape, long index) {
    return shape.rank() < 2
        ? "[" + index + "]"
        : "[" + index / shape.columns() + ", " + index % shape.columns() + "]";
  }
}
