package org.peft4j.adapters;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.adapter.BaseEffect;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.adapter.Trainable;
import org.peft4j.kernel.Shape;
import org.peft4j.method.Coordinated;
import org.peft4j.method.Coordinator;
import org.peft4j.settings.FileKey;
import org.peft4j.settings.Inlined;
import org.peft4j.settings.Require;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * AdaLoRA (Zhang et al., ICLR 2023, arXiv 2303.10512): starts with more rank than it may keep, and
 * in training takes it from the layers where it matters least.
 *
 * <p>{@code y = W·x + s·B·(E ∘ A·x)}, with A [init_r, in], E [init_r, 1] and B [out, init_r]
 * trained and {@code s = alpha / (init_r + 10⁻⁵)}, which stays when the rank falls. A and B are
 * normal with deviation 0.02 and E is zero, so the layer starts equal to the base. {@code
 * orthRegWeight} times the mean of {@code ‖A·Aᵀ − I‖} and {@code ‖Bᵀ·B − I‖} over all layers is
 * added to the loss, as Hugging Face PEFT does (the paper squares the norms), which makes E what
 * singular values are. A triplet is row i of A, entry i of E and column i of B. Those of least
 * importance are switched off, over all layers together, until {@code target_r} times the number of
 * layers are left; see {@link AdaLoraSchedule} and {@link AdaLoraSensitivity}.
 *
 * <p>A trainer sees to both. Wants long training and a larger learning rate than LoRA; in short
 * training it is behind LoRA.
 *
 * @param budget how much rank there is when
 * @param smoothing of the importance
 * @param orthRegWeight of the orthogonality; at least 0
 * @param rankPattern which triplets of a layer are left, once training has settled that; the ranks
 *     stay as they are then
 * @param alpha numerator of the scale; above 0
 * @param dropout probability of dropping an input of A while training; at least 0, below 1
 */
public record AdaLoraConfig(
    @Inlined AdaLoraBudget budget,
    @Inlined Smoothing smoothing,
    double orthRegWeight,
    Optional<Map<String, List<Boolean>>> rankPattern,
    @FileKey(value = "lora_alpha", whole = true) double alpha,
    @FileKey("lora_dropout") double dropout)
    implements Coordinated {

  private static final Map<String, @Nullable Object> DEFAULTS = defaults();

  public AdaLoraConfig {
    Require.notNegative("orth_reg_weight", orthRegWeight);
    int initR = budget.initR();
    rankPattern = rankPattern.map(pattern -> requireLengths(pattern, initR));
    Require.positive("alpha", alpha);
    Require.probability("dropout", dropout);
  }

  /** The defaults Hugging Face PEFT uses: rank 12 to 8, alpha 8; over the whole training. */
  public AdaLoraConfig() {
    this(12, 8);
  }

  /** From rank {@code initR} to a mean of {@code targetR} over the whole training. */
  public AdaLoraConfig(int initR, int targetR) {
    this(initR, targetR, Optional.empty());
  }

  /** From rank {@code initR} to a mean of {@code targetR} over so many steps. */
  public AdaLoraConfig(int initR, int targetR, int totalStep) {
    this(initR, targetR, Optional.of(totalStep));
  }

  private AdaLoraConfig(int initR, int targetR, Optional<Integer> totalStep) {
    this(
        new AdaLoraBudget(initR, targetR, 0, 0, 1, totalStep),
        new Smoothing(0.85, 0.85),
        0.5,
        Optional.empty(),
        8,
        0);
  }

  /**
   * How slowly the importance of a triplet follows what is measured in a step.
   *
   * @param beta1 smoothing of the importance; above 0 and below 1
   * @param beta2 smoothing of its uncertainty; above 0 and below 1
   */
  public record Smoothing(double beta1, double beta2) {

    public Smoothing {
      requireShare("beta1", beta1);
      requireShare("beta2", beta2);
    }

    private static void requireShare(String name, double value) {
      if (!(value > 0 && value < 1)) {
        throw new IllegalArgumentException(name + " must be above 0 and below 1 but was " + value);
      }
    }
  }

  private static Map<String, List<Boolean>> requireLengths(
      Map<String, List<Boolean>> pattern, int initR) {
    pattern.forEach(
        (key, kept) -> {
          if (kept.size() != initR) {
            throw new IllegalArgumentException(
                "rank_pattern of "
                    + key
                    + " must be of init_r = "
                    + initR
                    + " but is of "
                    + kept.size());
          }
        });
    return pattern;
  }

  private static Map<String, @Nullable Object> defaults() {
    Map<String, @Nullable Object> defaults = new LinkedHashMap<>(LoraFiles.DEFAULTS);
    defaults.put("r", 8);
    defaults.put("alpha_pattern", Map.of());
    defaults.put("lora_bias", false);
    defaults.put("use_dora", false);
    defaults.put("use_rslora", false);
    return defaults;
  }

  /** These settings on a schedule of its own: all rank before and the last choice after. */
  public AdaLoraConfig scheduled(int tinit, int tfinal, int deltaT) {
    return with(budget.scheduled(tinit, tfinal, deltaT));
  }

  /**
   * On a schedule for so many steps, unless it has one.
   *
   * @throws IllegalArgumentException if they are too few
   */
  AdaLoraConfig lasting(int steps) {
    return with(budget.lasting(steps));
  }

  private AdaLoraConfig with(AdaLoraBudget budget) {
    return new AdaLoraConfig(budget, smoothing, orthRegWeight, rankPattern, alpha, dropout);
  }

  AdaLoraConfig with(Map<String, List<Boolean>> pattern) {
    return new AdaLoraConfig(
        budget, smoothing, orthRegWeight, Optional.of(pattern), alpha, dropout);
  }

  static String patternKey(String layer) {
    return layer + "." + AdaLoraTriplets.E;
  }

  AdaLoraSchedule schedule(int layers) {
    return budget.schedule(layers);
  }

  /** How far A and B of all layers are from orthonormal; empty where that costs nothing. */
  Optional<Tensor> penalty(Tape t, Collection<AdaLoraTriplets> layers) {
    if (orthRegWeight == 0) {
      return Optional.empty();
    }
    return layers.stream()
        .filter(triplets -> !triplets.isEmpty())
        .map(triplets -> triplets.skew(t))
        .reduce(t::add)
        .map(sum -> t.scale(sum, orthRegWeight / (2 * layers.size())));
  }

  @Override
  public String type() {
    return "ADALORA";
  }

  @Override
  public String method() {
    return "adalora";
  }

  @Override
  public Map<String, @Nullable Object> fileDefaults() {
    return DEFAULTS;
  }

  /** PEFT has {@code r} and {@code use_rslora} here, too, but does not look at them. */
  @Override
  public Optional<BaseEffect> effectOnBase(String initializer) {
    return LoraFiles.effectOnBase(initializer);
  }

  @Override
  public Set<String> harmlessFileKeys() {
    return Set.copyOf(
        Stream.concat(LoraFiles.HARMLESS.stream(), Stream.of("r", "use_rslora")).toList());
  }

  @Override
  public Adapter create(AdapterSite site) {
    int r = rank(site.path());
    Tensor a = site.normal("lora_A", 0.02, r, site.in());
    Tensor b = site.normal("lora_B", 0.02, site.out(), r);
    Tensor identity = site.shared("identity " + r, () -> identity(r), r, r);
    Tensor tiny = site.shared("tiny", () -> new double[] {AdaLoraTriplets.TINY});
    AdaLoraTriplets triplets = new AdaLoraTriplets(a, site.full(0, r, 1), b, identity, tiny);
    return new AdaLoraAdapter(triplets, alpha / (budget.initR() + 1e-5), dropout);
  }

  private int rank(String layer) {
    return rankPattern
        .map(pattern -> pattern.get(patternKey(layer)))
        .map(kept -> (int) kept.stream().filter(keep -> keep).count())
        .orElse(budget.initR());
  }

  private static double[] identity(int r) {
    return IntStream.range(0, r * r).mapToDouble(at -> at / r == at % r ? 1 : 0).toArray();
  }

  @Override
  public Coordinator coordinator(Map<String, Trainable> layers) {
    Map<String, AdaLoraTriplets> triplets = new LinkedHashMap<>();
    layers.forEach((path, layer) -> triplets.put(path, ((AdaLoraAdapter) layer).triplets()));
    return new AdaLoraAllocator(this, triplets);
  }

  private record AdaLoraAdapter(AdaLoraTriplets triplets, double scaling, double dropout)
      implements Adapter {

    @Override
    public Optional<LowRankUpdate> lowRankUpdate(Shape weight) {
      return Optional.of(new LowRankUpdate(triplets.factors(), scaling));
    }

    @Override
    public Optional<Trainable> scaled(double factor) {
      return Optional.of(new AdaLoraAdapter(triplets, scaling * factor, dropout));
    }

    @Override
    public Map<String, Tensor> parameters() {
      return triplets.parameters();
    }

    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      if (triplets.isEmpty()) {
        return base.apply(t, x);
      }
      Tensor inner = t.linear(t.dropout(x, dropout), triplets.a());
      Tensor core = t.mul(inner, t.reshape(triplets.e(), triplets.size()));
      return t.addLinear(base.apply(t, x), core, triplets.b(), scaling);
    }
  }
}
