package org.peft4j.adapter;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.tensor.Tensor;

/**
 * One layer, as a config sees it when it builds an adapter: where it is, its shape, read access to
 * its frozen weight, and the means to make tensors. Random numbers depend on the seed, the path and
 * the tensor's name, and on nothing else.
 */
public final class AdapterSite {

  private final String path;
  private final Buffer weight;
  private final Kernels kernels;
  private final long seed;
  private final SiteStart start;
  private final SharedTensors shared;
  private Optional<Offset> offset = Optional.empty();
  private Optional<StartFacts> facts = Optional.empty();
  private boolean startAsked;

  /**
   * A layer that shares nothing with others.
   *
   * @param path the layer's path in the model
   * @param weight the frozen matrix [rows, columns]
   * @param kernels where tensors are made
   * @param seed of all random numbers
   * @param start decides where a low-rank adapter starts
   */
  public AdapterSite(String path, Buffer weight, Kernels kernels, long seed, SiteStart start) {
    this(path, weight, kernels, seed, start, new SharedTensors(List.of(weight.shape()), Map.of()));
  }

  /**
   * One of several layers of an adapter.
   *
   * @param path the layer's path in the model
   * @param weight the frozen matrix [rows, columns]
   * @param kernels where tensors are made
   * @param seed of all random numbers
   * @param start decides where a low-rank adapter starts
   * @param shared what the layers share
   */
  public AdapterSite(
      String path,
      Buffer weight,
      Kernels kernels,
      long seed,
      SiteStart start,
      SharedTensors shared) {
    this.shared = shared;
    this.path = path;
    this.weight = weight;
    this.kernels = kernels;
    this.seed = seed;
    this.start = start;
  }

  /** The layer's path, such as {@code model.layers.0.self_attn.q_proj}. */
  public String path() {
    return path;
  }

  /** Width of the input of a linear layer; of an embedding, the width of its rows. */
  public int in() {
    return weight.columns();
  }

  /** Width of the output of a linear layer; of an embedding, the number of its rows. */
  public int out() {
    return weight.rows();
  }

  /** The widest input of all layers of this adapter. */
  public int largestIn() {
    return shared.largestIn();
  }

  /** The widest output of all layers of this adapter. */
  public int largestOut() {
    return shared.largestOut();
  }

  /** The type of what is trained. */
  public DataType type() {
    return weight.type().trained();
  }

  /** The frozen weight [out, in], to read. */
  public FrozenWeight weight() {
    return kernels.freeze(weight);
  }

  /**
   * A constant [out, in], of the type that the frozen weight is held in: what {@code change} makes
   * of its numbers.
   */
  public Tensor fromWeight(UnaryOperator<double[]> change) {
    Buffer changed = allocate(weight.type(), weight.shape());
    changed.put(change.apply(weight.toDoubles()));
    return Tensor.of(changed);
  }

  /**
   * Start values A [rank, in] and B [out, rank] of a method that adds {@code scaling·B·A} to the
   * weight: the initializer's, or those of plain LoRA (A drawn evenly, B zero). Where the product
   * is not zero, the adapter's base is moved by as much, so that it starts equal to the weight.
   *
   * @throws IllegalArgumentException if the initializer cannot start this rank on this weight, or
   *     has not seen what it needs
   */
  public LowRank lowRank(int rank, double scaling) {
    startAsked = true;
    Start begun = begin(rank, scaling);
    facts = Optional.of(begun.facts());
    if (!start.initializer().map(Initializer::startsAtZero).orElse(true)) {
      offset = Optional.of(new Offset(begun.factors(), copy(begun.factors()), scaling));
    }
    return begun.factors();
  }

  /**
   * Start values A [rank, in] and B [out, rank] with {@code B·A = 0}, of a method that cannot start
   * elsewhere.
   *
   * @throws IllegalArgumentException if the initializer starts elsewhere
   */
  public LowRank lowRank(int rank) {
    start
        .initializer()
        .filter(initializer -> !initializer.startsAtZero())
        .ifPresent(
            initializer -> {
              throw new IllegalArgumentException(
                  initializer.name()
                      + " starts where B·A is not zero, which the method at "
                      + path
                      + " cannot; adapt with lora, or start otherwise");
            });
    return lowRank(rank, 1);
  }

  private Start begin(int rank, double scaling) {
    if (start.initializer().isEmpty()) {
      return Start.at(kaimingUniform("lora_A", rank, in()), full(0, out(), rank));
    }
    Initializer initializer = start.initializer().get();
    if (initializer instanceof FromData fromData) {
      return fromData.start(this, rank, scaling, start.seenBy(fromData));
    }
    if (initializer instanceof FromWeight fromWeight) {
      requireRankBelowSides(fromWeight, rank);
      return fromWeight.start(this, rank, scaling);
    }
    LowRank factors = ((FromShape) initializer).start(this, rank);
    return Start.at(factors.a(), factors.b());
  }

  /** What the start that was given out adds to the weight; empty where that is nothing. */
  public Optional<Offset> offset() {
    return offset;
  }

  /** Whether low-rank factors were asked for, which is what an initializer starts. */
  public boolean isStartAsked() {
    return startAsked;
  }

  /** Notes what is worth telling about the start of a method that makes its tensors itself. */
  public void note(StartFacts facts) {
    this.facts = Optional.of(facts);
  }

  /** What is worth telling about the start; empty for methods without a rank. */
  public Optional<StartFacts> facts() {
    return facts;
  }

  private void requireRankBelowSides(Initializer by, int rank) {
    int limit = Math.min(in(), out());
    if (rank > limit) {
      throw new IllegalArgumentException(
          path
              + " is "
              + weight.shape()
              + ", so "
              + by.name()
              + " can start a rank of at most "
              + limit
              + " there but it was "
              + rank);
    }
  }

  private LowRank copy(LowRank start) {
    return new LowRank(copy(start.a()), copy(start.b()));
  }

  private Tensor copy(Tensor tensor) {
    Buffer copy = allocate(tensor.shape());
    kernels.put(tensor.value(), Write.SET, copy);
    return Tensor.of(copy);
  }

  /** {@code Σⱼ W[i, j]²} for every row i of the frozen weight. */
  public double[] squaredRowNorms() {
    double[] norms = new double[out()];
    for (int i = 0; i < norms.length; i++) {
      norms[i] = kernels.squaredNorm(weight.rows(i, i + 1));
    }
    return norms;
  }

  /**
   * The share, 0 to 1, that a part of the weight has of the whole.
   *
   * @param values singular values of the part, or its entries
   */
  public double share(double[] values) {
    double part = Arrays.stream(values).map(value -> value * value).sum();
    double whole = kernels.squaredNorm(weight);
    return whole == 0 ? 1 : Math.min(1, part / whole);
  }

  /** A trained tensor with every entry {@code value}. */
  public Tensor full(double value, int... dims) {
    return filled(() -> value, dims);
  }

  /**
   * A trained [rows, columns] drawn evenly from ±1/sqrt(columns): Kaiming's rule with a = sqrt(5),
   * PyTorch's default.
   */
  public Tensor kaimingUniform(String name, int rows, int columns) {
    double bound = 1 / Math.sqrt(columns);
    SplittableRandom random = random(name);
    return filled(() -> (2 * random.nextDouble() - 1) * bound, rows, columns);
  }

  /** A trained tensor drawn from a normal distribution around zero. */
  public Tensor normal(String name, double standardDeviation, int... dims) {
    java.util.Random random = new java.util.Random(seed(name));
    return filled(() -> random.nextGaussian() * standardDeviation, dims);
  }

  /** A trained tensor that starts with these values. */
  public Tensor trained(double[] values, int... dims) {
    Buffer buffer = allocate(Shape.of(dims));
    buffer.put(values);
    return Tensor.parameter(buffer);
  }

  /** A seed for {@code name} that no other layer and no other name has. */
  public long seed(String name) {
    return random(name).nextLong();
  }

  /** A constant of the given shape. */
  public Tensor constant(double[] values, int... dims) {
    return Tensor.of(buffer(values, Shape.of(dims)));
  }

  /**
   * A constant that all layers of this adapter share, made from {@code values} by the first of them
   * that asks for it. It is not saved.
   */
  public Tensor shared(String name, Supplier<double[]> values, int... dims) {
    return shared.get(name, Shape.of(dims), shape -> buffer(values.get(), shape));
  }

  /**
   * A constant matrix [k, d] that several layers multiply by, prepared for that once, in the type
   * that the frozen weight is held in.
   *
   * @param name the same for all of them
   */
  public FrozenWeight sharedFrozen(String name, Tensor matrix) {
    return shared.frozen(name, () -> kernels.freeze(held(matrix.value())));
  }

  private Buffer held(Buffer matrix) {
    if (matrix.type() == weight.type()) {
      return matrix;
    }
    Buffer held = allocate(weight.type(), matrix.shape());
    kernels.put(matrix, Write.SET, held);
    return held;
  }

  /**
   * Like {@link #shared}, but saved with the adapter, beside its layers; in an adapter from a file
   * it has the numbers from there.
   */
  public Tensor sharedAndSaved(String name, Supplier<double[]> values, int... dims) {
    return shared.getSaved(name, Shape.of(dims), shape -> buffer(values.get(), shape));
  }

  /**
   * A constant of this layer alone that is saved with the adapter, as {@code <path>.name}: made
   * from {@code values} where the adapter is new. For one from a file, {@code values} is not asked;
   * the numbers come from there, as those of trained tensors do, once all layers are built.
   */
  public Tensor saved(String name, Supplier<double[]> values, int... dims) {
    Shape shape = Shape.of(dims);
    return shared.keep(
        path,
        name,
        shared.stored().isPresent() ? Tensor.of(allocate(shape)) : constant(values.get(), dims));
  }

  /**
   * The shape that {@code <path>.name} has in the file this adapter comes from; empty where the
   * adapter is new. Tells an extent that only the data knew when the adapter was made.
   *
   * @throws java.io.UncheckedIOException if the file does not hold it
   */
  public Optional<Shape> storedShape(String name) {
    return shared.stored().map(shapes -> shapes.apply(path + "." + name));
  }

  private Buffer buffer(double[] values, Shape shape) {
    Buffer buffer = allocate(shape);
    buffer.put(values);
    return buffer;
  }

  private Tensor filled(DoubleSupplier source, int... dims) {
    shared.requireRoom(path, Shape.of(dims));
    double[] values = new double[Math.toIntExact(Shape.of(dims).length())];
    Arrays.setAll(values, i -> source.getAsDouble());
    return trained(values, dims);
  }

  private Buffer allocate(Shape shape) {
    return allocate(type(), shape);
  }

  private Buffer allocate(DataType type, Shape shape) {
    return new Buffer(shared.own(kernels.allocate(type, shape.length())), 0, shape);
  }

  private SplittableRandom random(String name) {
    long mixed = seed;
    for (char c : (path + "/" + name).toCharArray()) {
      mixed = mixed * 0x100000001B3L + c;
    }
    return new SplittableRandom(mixed);
  }
}
