package org.peft4j;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.StartFacts;
import org.peft4j.initializer.Offset;
import org.peft4j.initializer.Start;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/** One layer of a {@link Draft}, which reads here afterwards how the layer's factors started. */
final class DraftSite implements AdapterSite {

  private final Buffer weight;
  private final NewTensors tensors;
  private final SiteStart start;
  private final SharedTensors shared;
  private @Nullable Buffer readable;
  private Optional<Offset> offset = Optional.empty();
  private Optional<StartFacts> facts = Optional.empty();
  private boolean startAsked;

  /**
   * A site that nothing has been asked of yet.
   *
   * @param weight the frozen matrix [rows, columns]
   * @param tensors makes the layer's own tensors
   * @param start decides where a low-rank adapter starts
   */
  DraftSite(Buffer weight, NewTensors tensors, SiteStart start) {
    this.weight = weight;
    this.tensors = tensors;
    this.start = start;
    this.shared = tensors.shared();
  }

  @Override
  public String path() {
    return tensors.path();
  }

  @Override
  public int in() {
    return weight.columns();
  }

  @Override
  public int out() {
    return weight.rows();
  }

  @Override
  public int largestIn() {
    return shared.largestIn();
  }

  @Override
  public int largestOut() {
    return shared.largestOut();
  }

  @Override
  public DataType type() {
    return tensors.type();
  }

  @Override
  public Buffer weight() {
    if (readable == null) {
      readable = weight.type() == type() ? weight : wide();
    }
    return readable;
  }

  private Buffer wide() {
    Buffer wide = Buffer.allocate(type(), weight.shape());
    wide.put(weight);
    return wide;
  }

  @Override
  public Tensor fromWeight(UnaryOperator<double[]> change) {
    Buffer changed = tensors.allocate(weight.type(), weight.shape());
    changed.put(change.apply(weight.toDoubles()));
    return Tensor.of(changed);
  }

  @Override
  public double[] squaredRowNorms() {
    double[] norms = new double[out()];
    for (int i = 0; i < norms.length; i++) {
      norms[i] = kernels().squaredNorm(weight.rows(i, i + 1));
    }
    return norms;
  }

  @Override
  public double share(double[] values) {
    double part = Arrays.stream(values).map(value -> value * value).sum();
    double whole = kernels().squaredNorm(weight);
    return whole == 0 ? 1 : Math.min(1, part / whole);
  }

  @Override
  public LowRank lowRank(int rank, double scaling) {
    startAsked = true;
    Start begun = start.at(this, rank, scaling);
    LowRank factors = begun.factors();
    facts = Optional.of(begun.facts());
    if (!start.isAtZero()) {
      LowRank first = new LowRank(copy(factors.a()), copy(factors.b()));
      offset = Optional.of(new Offset(factors, first, scaling));
    }
    return factors;
  }

  @Override
  public LowRank lowRank(int rank) {
    start.requireAtZero(path());
    return lowRank(rank, 1);
  }

  private Tensor copy(Tensor tensor) {
    return tensors.copy(tensor, type());
  }

  /** What the start that was given out adds to the weight; empty where that is nothing. */
  Optional<Offset> offset() {
    return offset;
  }

  /** Whether low-rank factors were asked for, which is what an initializer starts. */
  boolean isStartAsked() {
    return startAsked;
  }

  /** What the start that was given out has to tell of itself; empty where none was. */
  Optional<StartFacts> facts() {
    return facts;
  }

  @Override
  public Tensor full(double value, int... dims) {
    return tensors.filled(() -> value, dims);
  }

  @Override
  public Tensor kaimingUniform(String name, int rows, int columns) {
    return tensors.kaimingUniform(name, rows, columns);
  }

  @Override
  public Tensor normal(String name, double standardDeviation, int... dims) {
    return tensors.normal(name, standardDeviation, dims);
  }

  @Override
  public Tensor trained(double[] values, int... dims) {
    return tensors.trained(values, dims);
  }

  @Override
  public long seed(String name) {
    return tensors.seed(name);
  }

  @Override
  public Tensor constant(double[] values, int... dims) {
    return Tensor.of(tensors.buffer(values, Shape.of(dims)));
  }

  @Override
  public Tensor shared(String name, Supplier<double[]> values, int... dims) {
    return shared.get(name, Shape.of(dims), shape -> tensors.buffer(values.get(), shape));
  }

  @Override
  public FrozenWeight sharedFrozen(String name, Tensor matrix) {
    return shared.frozen(name, () -> kernels().freeze(held(matrix).value()));
  }

  private Tensor held(Tensor matrix) {
    DataType type = weight.type();
    return matrix.type() == type ? matrix : tensors.copy(matrix, type);
  }

  @Override
  public Tensor sharedAndSaved(String name, Supplier<double[]> values, int... dims) {
    return shared.getSaved(name, Shape.of(dims), shape -> tensors.buffer(values.get(), shape));
  }

  @Override
  public Tensor saved(String name, Supplier<double[]> values, int... dims) {
    Tensor constant =
        shared.stored().isPresent()
            ? Tensor.of(tensors.allocate(type(), Shape.of(dims)))
            : constant(values.get(), dims);
    return shared.keep(path(), name, constant);
  }

  @Override
  public Optional<Shape> storedShape(String name) {
    return shared.stored().map(shapes -> shapes.apply(path() + "." + name));
  }

  private Kernels kernels() {
    return tensors.kernels();
  }
}
