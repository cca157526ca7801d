package org.peft4j.init;

import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.initializer.FromActivations;
import org.peft4j.initializer.InputStatistic;
import org.peft4j.initializer.RankPlanner;
import org.peft4j.initializer.Start;
import org.peft4j.kernel.Buffer;

/**
 * EVA (Paischer et al., NeurIPS 2025, arXiv 2410.07170): starts A from the directions in which the
 * layer's inputs vary most, and gives more rank to layers whose inputs it explains better.
 *
 * <p>The inputs of a layer, centred, have singular values S and principal components V [c, in],
 * found batch by batch, with {@code c = rho·rank}, at most {@code in}. The share {@code Sⱼ² / Σ (x
 * − μ)²} of every component of every layer goes into one pool; the largest, as many as the ranks
 * asked for make together, win, and a layer's rank is the number of its winners. A layer that has
 * none gets no adapter. A [rank, in] is the first rows of V and B [out, rank] zero, so the layer
 * starts equal to the base. Layers that share their inputs take part with a copy each; of equal
 * shares those of earlier layers win.
 *
 * <p>Needs some batches of training data but no gradients. Batches are shown again and again until
 * the components that win are settled: {@code |cos|} of each with its state before the last batch
 * at least {@code tau}. Components of nearly equal share may never settle; then the calibration's
 * limit ends it. A batch with fewer rows than components is left out.
 *
 * <p>Often learns faster than LoRA's own start at the same size; wants data like those it will be
 * trained on. The authors use rank 16 with alpha 1 and a learning rate of 5e-4.
 *
 * <p>Differs from Hugging Face PEFT in that signs do not count in {@code cos}, that rows shared by
 * several layers are not whitened several times, that the scale is kept under rsLoRA too, and that
 * wide float32 inputs are decomposed from the components so far instead of from random ones. The
 * paper's equation 6 divides by the sum of S instead of the variance; its authors' program does
 * this.
 *
 * @param rho how many times the rank asked for a layer may have at most; at least 1, where every
 *     layer keeps the rank asked for
 * @param tau how little a component may turn in a batch to count as settled; above 0, at most 1
 * @param useLabelMask whether only inputs of tokens with a label count; padding never does
 * @param whiten whether each row of A is divided by the root of its singular value
 * @param adjustScalingFactors whether a layer keeps the scale s of the rank asked for; else its
 *     alpha
 */
public record EvaStart(
    double rho, double tau, boolean useLabelMask, boolean whiten, boolean adjustScalingFactors)
    implements FromActivations, RankPlanner {

  public EvaStart {
    if (!(rho >= 1) || Double.isInfinite(rho)) {
      throw new IllegalArgumentException("rho must be at least 1 but was " + rho);
    }
    if (!(tau > 0 && tau <= 1)) {
      throw new IllegalArgumentException("tau must be above 0 and at most 1 but was " + tau);
    }
  }

  /** The paper's settings, which are Hugging Face PEFT's too. */
  public EvaStart() {
    this(2, 0.99, true, false, true);
  }

  /** This initializer with another limit of ranks. */
  public EvaStart withRho(double rho) {
    return new EvaStart(rho, tau, useLabelMask, whiten, adjustScalingFactors);
  }

  @Override
  public String name() {
    return "eva";
  }

  @Override
  public Map<String, Object> fileSettings() {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("rho", rho);
    settings.put("tau", tau);
    settings.put("use_label_mask", useLabelMask);
    settings.put("label_mask_value", -100);
    settings.put("whiten", whiten);
    settings.put("adjust_scaling_factors", adjustScalingFactors);
    return Map.of("eva_config", settings);
  }

  @Override
  public boolean startsAtZero() {
    return true;
  }

  @Override
  public InputStatistic statistic() {
    return inputs();
  }

  private PrincipalInputs inputs() {
    return new PrincipalInputs(rho, tau, useLabelMask);
  }

  @Override
  public boolean keepsScaling() {
    return adjustScalingFactors;
  }

  /**
   * @throws IllegalArgumentException if what was seen are fewer components than a layer may win
   */
  @Override
  public Map<String, Integer> plan(
      Map<String, Integer> asked, Map<String, Map<String, Buffer>> seen) {
    Map<String, double[]> shares = new LinkedHashMap<>();
    asked.forEach(
        (layer, rank) -> {
          PrincipalComponents found =
              PrincipalComponents.of(layer, seen.getOrDefault(layer, Map.of()));
          found.require(layer, inputs().components(rank, found.in()));
          shares.put(layer, found.shares());
        });
    return inputs().ranks(asked, shares);
  }

  @Override
  public Start start(AdapterSite site, int rank, double scaling, Map<String, Buffer> seen) {
    PrincipalComponents found = PrincipalComponents.of(site.path(), seen);
    found.requireInputs(site.path(), site.in());
    found.require(site.path(), rank);
    double[] rows = (whiten ? found.whitened(site.path(), rank) : found.rows(rank)).toArray();
    return Start.at(site.trained(rows, rank, site.in()), site.full(0, site.out(), rank))
        .holding(found.share(rank));
  }
}
