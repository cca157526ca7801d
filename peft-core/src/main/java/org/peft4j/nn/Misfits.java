package org.peft4j.nn;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/**
 * Tensors of which one model is to be built. What does not fit is noted and stood in for, so that
 * all of it can be told together.
 */
final class Misfits implements Weights {

  /** Nobody reads about more, and a wrong size may make them thousands. */
  private static final int LISTED = 20;

  private final StateDict given;
  private final Map<String, Tensor> unused;
  private final List<String> problems = new ArrayList<>();
  private final List<Tensor> standIns = new ArrayList<>();

  Misfits(StateDict given) {
    this.given = given;
    this.unused = new TreeMap<>(given.tensors());
  }

  <M> M build(Function<Weights, M> constructor) {
    try {
      M model = constructor.apply(this);
      unused.forEach((path, own) -> problems.add(path + " " + own.shape() + " is not asked for"));
      requireNone();
      return model;
    } catch (MisfitException e) {
      throw e;
    } catch (RuntimeException e) {
      requireNone();
      throw e;
    } finally {
      standIns.forEach(Tensor::free);
    }
  }

  private void requireNone() {
    if (!problems.isEmpty()) {
      throw new MisfitException("the tensors do not fit the model:\n- " + list("\n- ", problems));
    }
  }

  @Override
  public boolean contains(String path) {
    return given.contains(path);
  }

  @Override
  public Optional<Shape> shape(String path) {
    return given.shape(path);
  }

  @Override
  public Parameter get(String path, Shape shape) {
    Tensor tensor = given.tensors().get(path);
    Optional<String> problem =
        tensor == null
            ? Optional.of(path + " " + shape + " is missing")
            : problem(path, tensor, shape);
    unused.remove(path);
    problem.ifPresent(problems::add);
    return new Parameter(problem.isPresent() ? standIn(shape) : tensor);
  }

  private Tensor standIn(Shape shape) {
    Tensor zeros = Tensor.of(Buffer.allocate(DataType.FLOAT32, shape));
    standIns.add(zeros);
    return zeros;
  }

  /** Why a tensor is not what a model wants at {@code path}. */
  static Optional<String> problem(String path, Tensor tensor, Shape shape) {
    if (!tensor.shape().equals(shape)) {
      return Optional.of(path + " must have shape " + shape + " but has " + tensor.shape());
    }
    return tensor.type().isComputable()
        ? Optional.empty()
        : Optional.of(
            "%s must be F32, F64 or BF16 but is %s".formatted(path, tensor.type().fileName()));
  }

  static String excerpt(Collection<String> names) {
    return list(", ", names);
  }

  private static String list(String between, Collection<String> entries) {
    int more = entries.size() - LISTED;
    return entries.stream().limit(LISTED).collect(Collectors.joining(between))
        + (more > 0 ? between + "and " + more + " more" : "");
  }
}
