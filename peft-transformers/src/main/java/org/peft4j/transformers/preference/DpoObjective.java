package org.peft4j.transformers.preference;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.peft4j.AdaptedModel;
import org.peft4j.PeftModel;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Loss;
import org.peft4j.train.Objective;
import org.peft4j.transformers.model.CausalLm;

/**
 * Direct preference optimization (Rafailov et al., NeurIPS 2023, arXiv 2305.18290): learns which of
 * two answers is better from pairs alone, with neither a reward model nor sampling.
 *
 * <p>Per pair of a chosen answer w and a rejected one l, {@code -log sigmoid(β · ((log p_w - log
 * ref_w) - (log p_l - log ref_l)))}, where {@code log p} sums over the tokens of an answer; see
 * {@link DpoLoss} for others. The reference is the same model without its adapters, or with others,
 * so there is no second model in memory: each batch passes through it once more, without gradient.
 *
 * <p>Measures of each pair: {@code reward_chosen = β (log p_w - log ref_w)}, {@code
 * reward_rejected}, their difference {@code reward_margin}, and {@code reward_accuracy}, which is 1
 * where that is positive. An adapter that starts equal to the base starts with rewards of 0 and a
 * loss of log 2.
 */
public final class DpoObjective implements Objective<PreferenceBatch> {

  private final AdaptedModel<? extends CausalLm<?>> reference;
  private final DpoConfig config;

  /**
   * Measured against the base.
   *
   * @param model the one that learns; what a trainer is given too
   */
  public DpoObjective(PeftModel<? extends CausalLm<?>> model, DpoConfig config) {
    this(model.base(), config);
  }

  /**
   * @param reference the model that learns with other adapters, such as the one that it started as,
   *     or without
   */
  public DpoObjective(AdaptedModel<? extends CausalLm<?>> reference, DpoConfig config) {
    this.reference = Objects.requireNonNull(reference, "reference");
    this.config = Objects.requireNonNull(config, "config");
  }

  /** The mean is one over pairs. */
  @Override
  public Loss loss(Tape t, PreferenceBatch batch) {
    int n = batch.pairs();
    Tensor gains = gains(t, batch);
    Tensor chosen = t.gather(gains, IntStream.range(0, n).toArray());
    Tensor rejected = t.gather(gains, IntStream.range(n, 2 * n).toArray());
    Map<String, Double> measures = measures(chosen, rejected);
    Tensor margins = t.addInto(chosen, rejected, -1);
    Tensor losses = config.loss().ofEach(t, margins, config);
    return new Loss(t.sumGroups(losses, new int[n], 1), n, measures);
  }

  /** {@code log p - log ref} of each answer: [2n, 1]. */
  private Tensor gains(Tape t, PreferenceBatch batch) {
    Tensor model = reference.model().logProbabilities(t, batch.both());
    Tensor gains = t.add(model, constant(model, scaled(reference(t, batch), -1)));
    if (!config.loss().isPerToken()) {
      return gains;
    }
    double[] shares = Arrays.stream(batch.answerLengths()).mapToDouble(n -> 1.0 / n).toArray();
    return t.mul(gains, constant(gains, shares));
  }

  /** Nothing of this pass is recorded, and its memory is free again when it ends. */
  private double[] reference(Tape t, PreferenceBatch batch) {
    try (Tape silent = reference.inference(t)) {
      return reference.model().logProbabilities(silent, batch.both()).value().toDoubles();
    }
  }

  private Map<String, Double> measures(Tensor chosen, Tensor rejected) {
    double[] winner = scaled(chosen.value().toDoubles(), config.beta());
    double[] loser = scaled(rejected.value().toDoubles(), config.beta());
    long right = IntStream.range(0, winner.length).filter(i -> winner[i] > loser[i]).count();
    double won = Arrays.stream(winner).sum();
    double lost = Arrays.stream(loser).sum();
    Map<String, Double> measures = new LinkedHashMap<>();
    measures.put("reward_chosen", won);
    measures.put("reward_rejected", lost);
    measures.put("reward_margin", won - lost);
    measures.put("reward_accuracy", (double) right);
    return measures;
  }

  private static double[] scaled(double[] values, double factor) {
    return Arrays.stream(values).map(value -> value * factor).toArray();
  }

  private static Tensor constant(Tensor like, double[] values) {
    Buffer buffer = Buffer.allocate(like.type(), Shape.of(values.length, 1));
    buffer.put(values);
    return Tensor.of(buffer);
  }
}
