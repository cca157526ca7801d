package org.peft4j.adapters;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.adapter.Trainable;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Shape;
import org.peft4j.settings.FileKey;
import org.peft4j.settings.Require;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * VeRA (Kopiczko et al., ICLR 2024, arXiv 2310.11454): two small vectors steer a frozen random
 * projection that all layers share.
 *
 * <p>{@code y = W·x + λ ∘ B·(d ∘ A·x)}, with d [rank] and λ [out] trained. A [rank, widest in] and
 * B [widest out, rank] are drawn from {@code seed} with Kaiming's rule, frozen, and cut to the size
 * of the layer. λ starts at zero, so the layer starts equal to the base.
 *
 * <p>Far fewer trainable parameters than LoRA, and adapters of a few kilobytes where the
 * projections are not saved; wants a larger rank and a larger learning rate.
 *
 * @param rank rows of A; at least 1
 * @param dropout probability of dropping an input of A while training; at least 0, below 1
 * @param dInitial starting value of every entry of d
 * @param seed draws A and B, as Hugging Face PEFT's {@code projection_prng_key} does, to the bit
 * @param saveProjection whether A and B are saved too, so that a reader need not draw them
 */
public record VeraConfig(
    @FileKey("r") int rank,
    @FileKey("vera_dropout") double dropout,
    double dInitial,
    @FileKey("projection_prng_key") long seed,
    boolean saveProjection)
    implements AdapterConfig {

  public VeraConfig {
    Require.positive("rank", rank);
    Require.probability("dropout", dropout);
  }

  /** The defaults Hugging Face PEFT uses: rank 256. */
  public VeraConfig() {
    this(256);
  }

  /** Without dropout, d starting at 0.1, projections saved. */
  public VeraConfig(int rank) {
    this(rank, 0, 0.1, 0, true);
  }

  @Override
  public String type() {
    return "VERA";
  }

  @Override
  public String method() {
    return "vera";
  }

  @Override
  public Map<String, @Nullable Object> fileDefaults() {
    return Map.of("fan_in_fan_out", false, "init_weights", true);
  }

  /** How the weights of the base lie and how the vectors started no longer matters. */
  @Override
  public Set<String> harmlessFileKeys() {
    return Set.of("fan_in_fan_out", "init_weights");
  }

  @Override
  public Set<String> constants() {
    return Set.of("vera_A", "vera_B");
  }

  @Override
  public Adapter create(AdapterSite site) {
    site.storedShape("vera_lambda_d").ifPresent(stored -> requireRank(stored, site.path()));
    Tensor a = projectionA(site);
    Tensor b = projection(site, "vera_B", () -> drawn(site)[1], site.largestOut(), rank);
    return new VeraAdapter(
        a,
        site.sharedFrozen("vera_A of " + site.in() + " columns", a),
        Tensor.of(b.value().rows(0, site.out())),
        site.full(dInitial, rank),
        site.full(0, site.out()),
        dropout,
        1);
  }

  /** The projections are drawn, so a wrong rank would be known only after that. */
  private void requireRank(Shape stored, String path) {
    if (!stored.equals(Shape.of(rank))) {
      throw new IllegalArgumentException(
          "r in adapter_config.json is %d, but vera_lambda_d of %s is %s"
              .formatted(rank, path, stored));
    }
  }

  /** Layers of one width share one copy of the columns that they use. */
  private Tensor projectionA(AdapterSite site) {
    Tensor a = projection(site, "vera_A", () -> drawn(site)[0], rank, site.largestIn());
    int in = site.in();
    return in == site.largestIn()
        ? a
        : site.shared("vera_A of " + in + " columns", () -> columns(a, in), rank, in);
  }

  private Tensor projection(
      AdapterSite site, String name, Supplier<double[]> values, int rows, int columns) {
    return saveProjection
        ? site.sharedAndSaved(name, values, rows, columns)
        : site.shared(name, values, rows, columns);
  }

  /** A and B, one after the other from one generator. */
  private double[][] drawn(AdapterSite site) {
    TorchRandom random = new TorchRandom(seed);
    double[] a = random.uniform(bound(site.largestIn()), rank * site.largestIn());
    return new double[][] {a, random.uniform(bound(rank), site.largestOut() * rank)};
  }

  /** Kaiming's, for the gain of a rectifier. */
  private static double bound(int columns) {
    return Math.sqrt(3) * (Math.sqrt(2) / Math.sqrt(columns));
  }

  private static double[] columns(Tensor matrix, int columns) {
    double[] all = matrix.value().toDoubles();
    int width = matrix.shape().columns();
    double[] left = new double[matrix.shape().rows() * columns];
    for (int i = 0; i < matrix.shape().rows(); i++) {
      System.arraycopy(all, i * width, left, i * columns, columns);
    }
    return left;
  }

  /**
   * @param projection A again, to multiply by
   */
  private record VeraAdapter(
      Tensor a,
      FrozenWeight projection,
      Tensor b,
      Tensor d,
      Tensor lambda,
      double dropout,
      double scaling)
      implements Adapter {

    /** A with its rows times d, B with its rows times λ. */
    @Override
    public Optional<LowRankUpdate> lowRankUpdate(Shape weight) {
      LowRank factors = new LowRank(rowsTimes(a, d), rowsTimes(b, lambda));
      return Optional.of(new LowRankUpdate(factors, scaling));
    }

    private static Tensor rowsTimes(Tensor matrix, Tensor factors) {
      double[] values = matrix.value().toDoubles();
      double[] of = factors.value().toDoubles();
      int columns = matrix.shape().columns();
      Arrays.setAll(values, at -> of[at / columns] * values[at]);
      return Tensor.of(values, of.length, columns);
    }

    @Override
    public Optional<Trainable> scaled(double factor) {
      return Optional.of(new VeraAdapter(a, projection, b, d, lambda, dropout, scaling * factor));
    }

    @Override
    public Map<String, Tensor> parameters() {
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      parameters.put("vera_lambda_b", lambda);
      parameters.put("vera_lambda_d", d);
      return parameters;
    }

    /**
     * {@code λ ∘ B·(d ∘ A·x)} is {@code C·A·x} with C = λ ∘ B ∘ d, so that no row of x is scaled.
     */
    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      Tensor c = t.mulBoth(b, lambda, d);
      Tensor dropped = t.dropout(x, dropout);
      Optional<Tensor> weight = base.weight().filter(w -> dropped == x && paysToMerge(x, w));
      if (weight.isPresent()) {
        Tensor update = t.matmul(scaling == 1 ? c : t.scale(c, scaling), a);
        return t.linear(x, t.addInto(update, weight.get(), 1));
      }
      Tensor inner = t.once(dropped, projection, in -> t.linear(in, projection));
      return t.addLinear(base.apply(t, x), inner, c, scaling);
    }

    /**
     * Whether a step takes fewer operations with W + C·A made once. Apart, a row costs products by
     * A and C and back, and for the gradient of C; merged, those are made of matrices of the size
     * of W, one of them the gradient of W. Not in bfloat16, which would round the update away.
     */
    private boolean paysToMerge(Tensor x, Tensor weight) {
      long n = x.shape().rows();
      long in = weight.shape().columns();
      long out = weight.shape().rows();
      long rank = d.shape().length();
      long apart = n * rank * (2 * in + 3 * out);
      long merged = n * in * out + 2 * rank * in * out;
      return merged < apart && weight.type() == d.type();
    }
  }
}
