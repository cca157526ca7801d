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
import org.peft4j.transformers.checkpoint.QuantizedTensor.Block;

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
  private final Block block;
  private final KeyMap keys;
  private final StoredNames names;
  private final List<String> problems = new ArrayList<>();
  private final List<Memory> read = new ArrayList<>();
  private final Set<String> unused;

  /**
   * @param type what to compute in
   * @param keys how the tensors of the family's files lie in parameters
   */
  CheckpointWeights(Path directory, Safetensors file, DataType type, KeyMap keys, Block block) {
    this.directory = directory;
    this.file = file;
    this.type = type;
    this.keys = keys;
    this.block = block;
    this.names = StoredNames.of(file.names(), keys.prefix());
    this.unused = new TreeSet<>(file.names());
  }

  @Override
  public boolean contains(String path) {
    return keys.rule(path)
        .map(rule -> rule.stored().stream().allMatch(rows -> file.contains(names.of(rows.name()))))
        .orElseGet(() -> file.contains(names.of(path)));
  }

  @Override
  public Parameter get(String path, Shape shape) {
    Optional<KeyRule> rule = keys.rule(path);
    Optional<Buffer> found =
        rule.isPresent() ? placed(rule.get(), path, shape) : stored(names.of(path), shape);
    Buffer value = found.orElseGet(() -> standIn(shape));
    read.add(value.memory());
    if (found.isEmpty() && problems.size() >= ENOUGH) {
      throw new UncheckedIOException(new AdapterFormatException(directory, problems));
    }
    return new Parameter(Tensor.of(value));
  }

  /** A tensor as it is in the file; empty if there is none of that shape, which is noted. */
  private Optional<Buffer> stored(String name, Shape shape) {
    unused.remove(name);
    if (!fits(name, shape)) {
      return Optional.empty();
    }
    Buffer value = read(name);
    requireFinite(name, value);
    return Optional.of(value);
  }

  /** A parameter that is stored under another name or in another form. */
  private Optional<Buffer> placed(KeyRule rule, String path, Shape shape) {
    Placement placement = Placement.of(rule, path, shape);
    List<Buffer> parts = new ArrayList<>();
    for (Placement.Part part : placement.stored()) {
      stored(names.of(part.name()), part.shape()).ifPresent(parts::add);
    }
    if (parts.size() < placement.stored().size()) {
      parts.forEach(part -> part.memory().close());
      return Optional.empty();
    }
    if (rule.isName()) {
      return Optional.of(parts.get(0));
    }
    Buffer value = placement.assembled(parts);
    parts.forEach(part -> part.memory().close());
    return Optional.of(value);
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
      problem(
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
      problem(
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

  /** Once: several parameters may lie in one tensor. */
  private void problem(String problem) {
    if (!problems.contains(problem)) {
      problems.add(problem);
    }
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
      problem(
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
      problem(
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
