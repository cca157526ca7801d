package org.peft4j.transformers.preference;

import java.util.Arrays;
import org.peft4j.kernel.Buffer;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * What is made of the margin h of a pair: how much more than the reference the model prefers the
 * chosen answer, {@code h = (log p_w - log ref_w) - (log p_l - log ref_l)}.
 */
public enum DpoLoss {
  /**
   * {@code -(1 - ε) log sigmoid(β h) - ε log sigmoid(-β h)}: DPO, equation 7 of Rafailov et al.,
   * with ε the label smoothing.
   */
  SIGMOID(false) {
    @Override
    Tensor ofEach(Tape t, Tensor margins, DpoConfig config) {
      double smoothing = config.labelSmoothing();
      Tensor likely = t.logSigmoid(t.scale(margins, config.beta()));
      Tensor loss = t.scale(likely, smoothing - 1);
      return smoothing == 0
          ? loss
          : t.addInto(loss, t.logSigmoid(t.scale(margins, -config.beta())), -smoothing);
    }
  },

  /**
   * {@code (h - 1/(2β))²}: IPO (Azar et al., AISTATS 2024, arXiv 2310.12036, equation 17). Holds
   * the margin to a number, where DPO's goes on growing on pairs that are not in doubt.
   */
  IPO(false) {
    @Override
    Tensor ofEach(Tape t, Tensor margins, DpoConfig config) {
      return squaredDistance(t, margins, config);
    }
  },

  /** IPO with log probabilities per token of the answer: what TRL computes under that name. */
  IPO_PER_TOKEN(true) {
    @Override
    Tensor ofEach(Tape t, Tensor margins, DpoConfig config) {
      return squaredDistance(t, margins, config);
    }
  };

  private final boolean perToken;

  DpoLoss(boolean perToken) {
    this.perToken = perToken;
  }

  /** Whether an answer counts with the mean log probability of its tokens, not with the sum. */
  boolean isPerToken() {
    return perToken;
  }

  /** The loss of each pair: [n, 1] to [n, 1]. */
  abstract Tensor ofEach(Tape t, Tensor margins, DpoConfig config);

  private static Tensor squaredDistance(Tape t, Tensor margins, DpoConfig config) {
    Buffer target = Buffer.allocate(margins.type(), margins.shape());
    double[] values = new double[margins.shape().rows()];
    Arrays.fill(values, -1 / (2 * config.beta()));
    target.put(values);
    Tensor distance = t.add(margins, Tensor.of(target));
    return t.mul(distance, distance);
  }
}
