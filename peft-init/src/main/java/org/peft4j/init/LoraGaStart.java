package org.peft4j.init;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.init.linalg.Sketch;
import org.peft4j.init.linalg.Svd;
import org.peft4j.init.linalg.SvdMethod;
import org.peft4j.initializer.FromGradients;
import org.peft4j.initializer.GradientStatistic;
import org.peft4j.initializer.Start;
import org.peft4j.io.RecordCodec;
import org.peft4j.kernel.Buffer;
import org.peft4j.settings.Require;

/**
 * LoRA-GA (Wang, Yu and Li, NeurIPS 2024, arXiv 2407.05000): starts so that the first step of LoRA
 * is as close as its rank allows to the first step of full fine-tuning.
 *
 * <p>With {@code G = U·diag(S)·Vᵀ} [out, in] the mean gradient of the weight over some batches: A
 * [r, in] is r of the 2r leading right singular vectors and B [out, r] the left ones of the other
 * r, both scaled. {@code s·B·A} is taken from the base, so the layer starts equal to it. Then the
 * weight's first step, {@code −lr·s²·(B·Bᵀ·G + G·Aᵀ·A)}, is the best approximation of {@code −G} of
 * rank 2r, up to its length.
 *
 * <p>Converges faster than LoRA's own start, at small ranks more so; needs one or a few batches of
 * the training data, and {@code 2r <= min(in, out)}. The authors train it with rsLoRA ({@code
 * use_rslora}), alpha 16, and without weight decay or dropout.
 *
 * @param direction which vectors go into A
 * @param scale how large both start
 * @param stableGamma γ of the stable scale; above 0. The authors' default is 16
 * @param normClip whether to shrink a start whose largest entry is larger than the weight's
 */
public record LoraGaStart(
    LoraGaDirection direction, LoraGaScale scale, double stableGamma, boolean normClip)
    implements FromGradients {

  private static final String NAME = "lora_ga";
  private static final int ITERATIONS = 4;

  public LoraGaStart {
    Require.positive("stable_gamma", stableGamma);
  }

  /** The authors' defaults. */
  public LoraGaStart() {
    this(LoraGaScale.STABLE);
  }

  /** The authors' defaults at another scale. */
  public LoraGaStart(LoraGaScale scale) {
    this(LoraGaDirection.A_R_B_2R, scale, 16, false);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Map<String, Object> fileSettings() {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("direction", RecordCodec.nameOf(direction));
    settings.put(
        "scale", RecordCodec.nameOf(scale == LoraGaScale.PEFT ? LoraGaScale.STABLE : scale));
    settings.put("stable_gamma", stableGamma);
    return Map.of("lora_ga_config", settings);
  }

  @Override
  public GradientStatistic statistic() {
    return new GradientSpectrum();
  }

  @Override
  public Start start(AdapterSite site, int rank, double scaling, Map<String, Buffer> seen) {
    requireRoom(site, rank);
    Svd top = GradientSpectrum.leading(site, seen, 2 * rank);
    int[] inA = direction.inA(rank, site.seed(NAME));
    int[] inB = LoraGaDirection.others(inA);
    double both = factor(site, rank, scaling);
    Matrix a = rows(top.vt(), inA);
    Matrix b = rows(top.u().transpose(), inB).transpose();
    if (scale == LoraGaScale.PEFT) {
      b = b.scaleColumns(pick(top.singularValues(), inB)).times(both);
    } else {
      a = a.times(both);
      b = b.times(both);
    }
    double clip = normClip ? clip(site, b.times(a).times(scaling)) : 1;
    return Start.at(
            site.trained(a.times(clip).toArray(), rank, site.in()),
            site.trained(b.times(clip).toArray(), site.out(), rank))
        .holding(Math.min(1, squares(top.singularValues()) / GradientSpectrum.squaredNorm(seen)));
  }

  private static void requireRoom(AdapterSite site, int rank) {
    int limit = Math.min(site.in(), site.out()) / 2;
    if (rank > limit) {
      throw new IllegalArgumentException(
          "%s is [%d, %d], so lora_ga, which needs twice the rank, can start a rank of at most %d there but it was %d"
              .formatted(site.path(), site.out(), site.in(), limit, rank));
    }
  }

  private double factor(AdapterSite site, int rank, double scaling) {
    return switch (scale) {
      case STABLE, PEFT -> Math.pow(site.out(), 0.25) / Math.sqrt(stableGamma);
      case GD -> 1 / scaling;
      case UNIT -> 1;
      case WEIGHT_S -> meanRoot(site, rank, scaling);
    };
  }

  private static double meanRoot(AdapterSite site, int rank, double scaling) {
    Matrix weight = Matrix.of(site.weight());
    SvdMethod method = Sketch.of(rank, ITERATIONS, site.seed(NAME));
    double[] values = method.decompose(site.path(), weight).components(0, rank).singularValues();
    return Arrays.stream(values).map(value -> Math.sqrt(value / scaling)).average().orElseThrow();
  }

  /**
   * By what both factors are multiplied so that the product has no larger entry than the weight.
   */
  private static double clip(AdapterSite site, Matrix product) {
    double ratio = largest(site.weight().toDoubles()) / largest(product.toArray());
    return Math.sqrt(Math.min(1, ratio));
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElseThrow();
  }

  private static double squares(double[] values) {
    return Arrays.stream(values).map(value -> value * value).sum();
  }

  private static double[] pick(double[] values, int[] numbers) {
    return Arrays.stream(numbers).mapToDouble(i -> values[i]).toArray();
  }

  private static Matrix rows(Matrix all, int[] numbers) {
    double[] values = all.toArray();
    double[] chosen = new double[numbers.length * all.columns()];
    for (int i = 0; i < numbers.length; i++) {
      System.arraycopy(
          values, numbers[i] * all.columns(), chosen, i * all.columns(), all.columns());
    }
    return Matrix.of(numbers.length, all.columns(), chosen);
  }
}
