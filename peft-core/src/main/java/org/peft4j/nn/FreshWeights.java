package org.peft4j.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/**
 * Where a model that has learnt nothing takes its weights from. The numbers of a tensor depend on
 * the seed, its path and its shape alone, not on what else is asked for or when.
 *
 * <p>Weights [out, in, ...] are drawn. A bias begins as its layer's weight tells, which must be
 * asked for first, as layers do: {@link #kaiming} draws it by that weight's fan, others begin at
 * zero. Vectors called {@code weight} belong to norms: they begin at one and their biases at zero.
 * Tables of embeddings are drawn like any weight; {@link #starting} says otherwise.
 */
public final class FreshWeights implements Weights {

  private static final String WEIGHT = "weight";
  private static final String BIAS = "bias";
  private static final Distribution ZERO = Distribution.constant(0);
  private static final Distribution ONE = Distribution.constant(1);

  private final long seed;
  private final DataType type;
  private final Layers layers;
  private final List<Rule> rules;
  private final List<String> without;
  private final Map<String, Shape> weights = new ConcurrentHashMap<>();

  /** How layers begin: their weights, and of a weight's shape their biases. */
  private record Layers(Distribution weights, Distribution biases) {}

  /** How tensors begin whose path ends so. */
  private record Rule(String ending, Distribution distribution) {}

  private FreshWeights(
      long seed, DataType type, Layers layers, List<Rule> rules, List<String> without) {
    this.seed = seed;
    this.type = type;
    this.layers = layers;
    this.rules = List.copyOf(rules);
    this.without = List.copyOf(without);
  }

  private static FreshWeights of(long seed, Distribution weights, Distribution biases) {
    return new FreshWeights(
        seed, DataType.FLOAT32, new Layers(weights, biases), List.of(), List.of());
  }

  /** As PyTorch's layers begin: weights and biases by {@link Distribution#kaimingUniform}. */
  public static FreshWeights kaiming(long seed) {
    return of(seed, Distribution.kaimingUniform(), Distribution.kaimingUniform());
  }

  /** Weights by {@link Distribution#xavierUniform}, biases zero. */
  public static FreshWeights xavier(long seed) {
    return drawn(seed, Distribution.xavierUniform());
  }

  /** Weights from {@code weights}, biases zero. */
  public static FreshWeights drawn(long seed, Distribution weights) {
    return of(seed, weights, ZERO);
  }

  /** These weights in {@code type}; where that is BFLOAT16, vectors are FLOAT32. */
  public FreshWeights ofType(DataType type) {
    if (!type.isComputable()) {
      throw new IllegalArgumentException(
          "models compute in FLOAT32, FLOAT64 and BFLOAT16 but not in " + type);
    }
    return new FreshWeights(seed, type, layers, rules, without);
  }

  /**
   * These weights where tensors whose path ends in {@code ending}, such as {@code bias} or {@code
   * tokens.weight}, begin otherwise. Of several endings that fit the one named first decides.
   */
  public FreshWeights starting(String ending, Distribution distribution) {
    List<Rule> more = new ArrayList<>(rules);
    more.add(new Rule(ending, distribution));
    return new FreshWeights(seed, type, layers, more, without);
  }

  /**
   * These weights without the tensors whose path ends so: linear layers without {@code bias}, an
   * output layer that shares the table of tokens.
   */
  public FreshWeights without(String... endings) {
    List<String> more = new ArrayList<>(without);
    more.addAll(List.of(endings));
    return new FreshWeights(seed, type, layers, rules, more);
  }

  @Override
  public boolean contains(String path) {
    return without.stream().noneMatch(ending -> endsIn(path, ending));
  }

  /**
   * A new tensor, the same for the same path and shape.
   *
   * @throws IllegalArgumentException if it was left out, or nothing says how it begins
   * @throws IllegalStateException if it is the bias of a layer whose weight was not asked for yet
   */
  @Override
  public Parameter get(String path, Shape shape) {
    if (!contains(path)) {
      throw new IllegalArgumentException(path + " was left out of these weights: " + without);
    }
    DoubleSupplier numbers = numbers(path, shape);
    double[] values = new double[Math.toIntExact(shape.length())];
    for (int i = 0; i < values.length; i++) {
      values[i] = numbers.getAsDouble();
    }
    Buffer buffer = Buffer.allocate(shape.rank() > 1 ? type : type.trained(), shape);
    buffer.put(values);
    return new Parameter(Tensor.of(buffer));
  }

  private DoubleSupplier numbers(String path, Shape shape) {
    if (endsIn(path, WEIGHT)) {
      weights.put(path, shape);
    }
    Random random = random(path);
    for (Rule rule : rules) {
      if (endsIn(path, rule.ending())) {
        return rule.distribution().numbers(shape, random);
      }
    }
    return shape.rank() > 1
        ? layers.weights().numbers(shape, random)
        : vector(path).numbers(shape, random);
  }

  private Distribution vector(String path) {
    if (endsIn(path, WEIGHT)) {
      return ONE;
    }
    if (endsIn(path, BIAS)) {
      return bias(path);
    }
    throw new IllegalArgumentException(
        "nothing says how %s begins, for it is neither a weight nor a bias; starting(\"%s\", ...) does"
            .formatted(path, path));
  }

  private Distribution bias(String path) {
    String layer = path.substring(0, path.length() - BIAS.length()) + WEIGHT;
    Shape weight = weights.get(layer);
    if (weight == null) {
      throw new IllegalStateException(
          "%s begins as %s tells, which was not asked for yet".formatted(path, layer));
    }
    return weight.rank() < 2 ? ZERO : (shape, random) -> layers.biases().numbers(weight, random);
  }

  private static boolean endsIn(String path, String ending) {
    return path.equals(ending) || path.endsWith("." + ending);
  }

  /** Of the generators Java has, the one whose normal numbers are the same in every release. */
  private Random random(String path) {
    long mixed = seed;
    for (char c : path.toCharArray()) {
      mixed = mixed * 0x100000001B3L + c;
    }
    return new Random(new SplittableRandom(mixed).nextLong());
  }
}
