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
 * @param initR rank at the start; at least 1
 * @param targetR mean rank of a layer at the end; at least 1, at most {@code initR}
 * @param tinit steps before rank is taken; at least 0
 * @param tfinal steps at the end in which no more is taken; at least 0. 0 lets what was switched
 *     off last go on until the end where {@code deltaT} is above 1
 * @param deltaT steps between two choices; at least 1
 * @param beta1 smoothing of the importance; above 0 and below 1
 * @param beta2 smoothing of its uncertainty; above 0 and below 1
 * @param orthRegWeight of the orthogonality; at least 0
 * @param totalStep steps that the schedule is made for, above {@code tinit + tfinal}; those of the
 *     training where it is empty, and then they are what a file says. PEFT wants it always
 * @param rankPattern which triplets of a layer are left, once training has settled that; the ranks
 *     stay as they are then
 * @param alpha numerator of the scale; above 0
 * @param dropout probability of dropping an input of A while training; at least 0, below 1
 */
public record AdaLoraConfig(
    int initR,
    int targetR,
    int tinit,
    int tfinal,
    @FileKey("deltaT") int deltaT,
    double beta1,
    double beta2,
    double orthRegWeight,
    Optional<Integer> totalStep,
    Optional<Map<String, List<Boolean>>> rankPattern,
    @FileKey(value = "lora_alpha", whole = true) double alpha,
    @FileKey("lora_dropout") double dropout)
    implements Coordinated {

  private static final Map<String, @Nullable Object> DEFAULTS = defaults();

  public AdaLoraConfig {
    Require.positive("init_r", initR);
    Require.positive("target_r", targetR);
    if (targetR > initR) {
      throw new IllegalArgumentException(
          "target_r must be at most init_r, which is " + initR + ", but was " + targetR);
    }
    Require.notNegative("tinit", tinit);
    Require.notNegative("tfinal", tfinal);
    Require.positive("deltaT", deltaT);
    requireShare("beta1", beta1);
    requireShare("beta2", beta2);
    Require.notNegative("orth_reg_weight", orthRegWeight);
    if (totalStep.isPresent()) {
      requireRoom(totalStep.get(), tinit, tfinal);
    }
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
    this(initR, targetR, 0, 0, 1, 0.85, 0.85, 0.5, totalStep, Optional.empty(), 8, 0);
  }

  private static void requireShare(String name, double value) {
    if (!(value > 0 && value < 1)) {
      throw new IllegalArgumentException(name + " must be above 0 and below 1 but was " + value);
    }
  }

  private static void requireRoom(int total, int tinit, int tfinal) {
    Require.positive("total_step", total);
    if (tinit >= total - tfinal) {
      throw new IllegalArgumentException(
          "tinit %d and tfinal %d leave no steps of total_step %d to lower the rank in; decrease"
                  .formatted(tinit, tfinal, total)
              + " tinit or tfinal, or increase total_step");
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
    return new AdaLoraConfig(
        initR,
        targetR,
        tinit,
        tfinal,
        deltaT,
        beta1,
        beta2,
        orthRegWeight,
        totalStep,
        rankPattern,
        alpha,
        dropout);
  }

  /**
   * On a schedule for so many steps, unless it has one.
   *
   * @throws IllegalArgumentException if they are too few
   */
  AdaLoraConfig lasting(int steps) {
    return totalStep.isPresent()
        ? this
        : new AdaLoraConfig(
            initR,
            targetR,
            tinit,
            tfinal,
            deltaT,
            beta1,
            beta2,
            orthRegWeight,
            Optional.of(steps),
            rankPattern,
            alpha,
            dropout);
  }

  AdaLoraConfig with(Map<String, List<Boolean>> pattern) {
    return new AdaLoraConfig(
        initR,
        targetR,
        tinit,
        tfinal,
        deltaT,
        beta1,
        beta2,
        orthRegWeight,
        totalStep,
        Optional.of(pattern),
        alpha,
        dropout);
  }

  static String patternKey(String layer) {
    return layer + "." + AdaLoraTriplets.E;
  }

  AdaLoraSchedule schedule(int layers) {
    int last = totalStep.orElseThrow() - tfinal;
    return new AdaLoraSchedule(initR * layers, targetR * layers, tinit, last, deltaT);
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
    return new AdaLoraAdapter(triplets, alpha / (initR + 1e-5), dropout);
  }

  private int rank(String layer) {
    return rankPattern
        .map(pattern -> pattern.get(patternKey(layer)))
        .map(kept -> (int) kept.stream().filter(keep -> keep).count())
        .orElse(initR);
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
