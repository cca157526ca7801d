package org.peft4j.adapters;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.adapter.StartFacts;
import org.peft4j.adapter.Trainable;
import org.peft4j.initializer.Decomposer;
import org.peft4j.initializer.Decomposer.Sketching;
import org.peft4j.initializer.Decomposition;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;
import org.peft4j.settings.FileKey;
import org.peft4j.settings.Require;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * SVFit (Sun et al., 2024, arXiv 2409.05926): trains the largest singular values of the weight and
 * freezes its singular vectors.
 *
 * <p>With {@code W = U·diag(S)·Vᵀ} and its first r components: {@code y = W·x + U·(δ ∘ Vᵀ·x)}, U
 * [out, r] and Vᵀ [r, in] frozen, δ [r] trained from zero, so the layer starts equal to the base
 * bit for bit. The paper trains {@code σ = S + δ} on what is left of W without these components;
 * that is the same function, but here W stays whole, and weight decay pulls towards the pretrained
 * weight, not towards zero. σ can be looked at as the view {@code sigma}. Nothing keeps it
 * positive: the paper does not say that it should be.
 *
 * <p>Trains very few parameters, and backward needs {@code Vᵀ·x} [n, r] alone, not x. Wants a
 * learning rate of 1e-3 or more. U and Vᵀ are {@code r·(in + out)} frozen values per layer, in
 * memory and, because no two decompositions need give the same vectors, in the adapter's files. The
 * paper's "16 times fewer parameters than LoRA" does not count them: that is r = in = out against
 * LoRA of rank 8, where U and V together are twice as large as W, and so is their cost.
 *
 * @param rank how many singular values are trained; at least 1, at most the smaller side of every
 *     layer. Excludes {@code energy}; where neither is given, 64 or as many as there are
 * @param energy train as few of the largest singular values as hold this share of {@code Σ S²},
 *     which may differ from layer to layer; above 0, at most 1
 * @param iterations rounds of a randomised decomposition, much faster than the exact one on large
 *     weights, that finds the first {@code rank} components nearly exactly; empty means exactly.
 *     The layer starts equal to the base all the same
 */
public record SvfitConfig(
    @FileKey("r") Optional<Integer> rank, Optional<Double> energy, Optional<Integer> iterations)
    implements AdapterConfig {

  private static final int USUAL_RANK = 64;

  private static final String U = "svfit_u";
  private static final String VT = "svfit_vt";
  private static final String S = "svfit_s";

  public SvfitConfig {
    rank.ifPresent(value -> Require.positive("rank", value));
    energy.ifPresent(SvfitConfig::requireShare);
    if (rank.isPresent() && energy.isPresent()) {
      throw new IllegalArgumentException(
          "rank and energy exclude each other but were "
              + rank.get()
              + " and "
              + energy.get()
              + "; leave one out");
    }
    iterations.ifPresent(SvfitConfig::requireCount);
    if (iterations.isPresent() && energy.isPresent()) {
      throw new IllegalArgumentException(
          "energy needs all singular values, which iterations do not find; leave one out");
    }
  }

  /** The 64 largest singular values of every layer, or all where there are fewer. */
  public SvfitConfig() {
    this(Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** The {@code rank} largest singular values of every layer. */
  public SvfitConfig(int rank) {
    this(Optional.of(rank), Optional.empty(), Optional.empty());
  }

  /** As many singular values as hold {@code energy} of the sum of their squares. */
  public static SvfitConfig holding(double energy) {
    return new SvfitConfig(Optional.empty(), Optional.of(energy), Optional.empty());
  }

  private static void requireShare(double energy) {
    if (!(energy > 0 && energy <= 1)) {
      throw new IllegalArgumentException("energy must be above 0 and at most 1 but was " + energy);
    }
  }

  private static void requireCount(int iterations) {
    if (iterations < 0) {
      throw new IllegalArgumentException("iterations must be at least 0 but was " + iterations);
    }
  }

  @Override
  public String type() {
    return "SVFIT";
  }

  @Override
  public String method() {
    return "svfit";
  }

  @Override
  public Set<String> constants() {
    return Set.of(U, VT, S);
  }

  /**
   * @throws IllegalArgumentException if the rank is above the smaller side of the layer's weight,
   *     or the weight is not finite
   * @throws IllegalStateException if the adapter is new and no {@link Decomposer} is on the class
   *     path
   */
  @Override
  public Adapter create(AdapterSite site) {
    Optional<Shape> stored = site.storedShape(S);
    if (stored.isPresent()) {
      int r = rank.orElse(stored.get().columns());
      return adapter(site, r, () -> principal(site), Optional.empty());
    }
    Decomposition principal = principal(site);
    double share = site.share(principal.singularValues());
    StartFacts facts = StartFacts.ofRank(principal.size()).holding(share);
    return adapter(site, principal.size(), () -> principal, Optional.of(facts));
  }

  private static Adapter adapter(
      AdapterSite site, int r, Supplier<Decomposition> principal, Optional<StartFacts> facts) {
    return new SvfitAdapter(
        site.saved(U, () -> principal.get().u(), site.out(), r),
        site.saved(VT, () -> principal.get().vt(), r, site.in()),
        site.saved(S, () -> principal.get().singularValues(), r),
        site.full(0, r),
        1,
        facts);
  }

  private Decomposition principal(AdapterSite site) {
    int limit = Math.min(site.in(), site.out());
    int wanted = rank.orElse(Math.min(USUAL_RANK, limit));
    if (wanted > limit) {
      throw new IllegalArgumentException(
          site.path() + " has " + limit + " singular values, so rank " + wanted + " is too large");
    }
    Decomposer decomposer = Decomposer.requiredBy(method());
    Buffer weight = site.weight();
    if (iterations.isPresent()) {
      Sketching sketching = new Sketching(wanted, iterations.get(), site.seed(method()));
      return decomposer.decompose(site.path(), weight, sketching);
    }
    Decomposition all = decomposer.decompose(site.path(), weight);
    return all.leading(energy.isPresent() ? all.componentsHolding(energy.get()) : wanted);
  }

  private record SvfitAdapter(
      Tensor u, Tensor vt, Tensor s, Tensor delta, double scaling, Optional<StartFacts> startFacts)
      implements Adapter {

    @Override
    public Optional<Trainable> scaled(double factor) {
      return Optional.of(new SvfitAdapter(u, vt, s, delta, scaling * factor, startFacts));
    }

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of("svfit_delta", delta);
    }

    /** The trained singular values {@code sigma}. */
    @Override
    public Map<String, double[]> views() {
      double[] sigma = s.value().toDoubles();
      double[] change = delta.value().toDoubles();
      Arrays.setAll(sigma, i -> sigma[i] + scaling * change[i]);
      return Map.of("sigma", sigma);
    }

    @Override
    public Optional<LowRankUpdate> lowRankUpdate(Shape weight) {
      double[] columns = u.value().toDoubles();
      double[] change = delta.value().toDoubles();
      Arrays.setAll(columns, at -> columns[at] * change[at % change.length]);
      LowRank factors = new LowRank(vt, Tensor.of(columns, u.shape().dims()));
      return Optional.of(new LowRankUpdate(factors, scaling));
    }

    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      Tensor inner = t.mul(t.linear(x, vt), delta);
      return t.addLinear(base.apply(t, x), inner, u, scaling);
    }
  }
}
