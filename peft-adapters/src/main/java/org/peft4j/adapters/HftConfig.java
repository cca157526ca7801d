package org.peft4j.adapters;

import java.util.List;
import java.util.Set;
import org.peft4j.method.BaseTensor;
import org.peft4j.method.ParameterSelector;
import org.peft4j.settings.Require;

/**
 * HFT, half fine-tuning (Hui et al., ACL 2025, arXiv 2404.18466): a random half of the base's
 * tensors trains, whole, and the other half keeps what the base knew.
 *
 * <p>{@code θ ← θ − η·M ∘ step(∇θ)}, M one for the drawn tensors and zero for the others, fixed
 * within a round. Starts at the base. A round is one stage of training, such as one task of
 * several, or instruction tuning and then preference tuning: merge what the last one learnt and go
 * on from there with {@link #nextRound}. Training in one stage has one round.
 *
 * <p>What is drawn, with matrix meaning a matrix and its bias:
 *
 * <ul>
 *   <li>Numbered layers such as {@code model.layers.3}, by category: of each layer's attention
 *       matrices half (2 of 4), of its norms half (1 of 2), of its other matrices half (1 of 2).
 *       Where half is no whole number, a random half of the layers trains one more than the others:
 *       of three feed-forward matrices 2 in half of the layers and 1 in the others. So of every
 *       category exactly half trains, rounded up.
 *   <li>What lies outside of numbered layers is drawn likewise, as one more layer on its own. A
 *       single tensor there, such as the norm before the output layer, always trains, for half of
 *       one is rounded up.
 *   <li>Embeddings and output layer always train, as freezing them hurt; or never.
 * </ul>
 *
 * <p>In the paper it forgets less than full fine-tuning and answers no worse. Takes half the
 * gradients and half the optimizer's state, and saves at most a sixth of the arithmetic. It is no
 * low-rank method: what it saves is as large as half the model.
 *
 * @param level what is drawn
 * @param ratio share that trains; above 0, at most 1; the paper's is one half, best from 0.4 to 0.6
 * @param seed of the draw
 * @param round which draw; at least 0. One draw is decided by seed + round
 * @param updateEmbeddings whether embeddings and output layer train
 */
public record HftConfig(Level level, double ratio, long seed, int round, boolean updateEmbeddings)
    implements ParameterSelector {

  /** What is drawn. The paper found the order given here, best first. */
  public enum Level {
    /** Tensors of every category in every layer. */
    CATEGORY,
    /** Whole layers; of what lies outside of numbered layers, matrices and norms one by one. */
    LAYER,
    /** Any matrices and any norms of the whole model. */
    MODEL
  }

  public HftConfig {
    Require.positive("ratio", ratio);
    if (ratio > 1) {
      throw new IllegalArgumentException("ratio must be at most 1 but was " + ratio);
    }
    Require.notNegative("round", round);
  }

  /** The paper's: half of every category, embeddings always. */
  public HftConfig() {
    this(Level.CATEGORY, 0);
  }

  /** Half, embeddings always, in the first round. */
  public HftConfig(Level level, long seed) {
    this(level, 0.5, seed, 0, true);
  }

  /** These settings with another draw. */
  public HftConfig nextRound() {
    return new HftConfig(level, ratio, seed, round + 1, updateEmbeddings);
  }

  /** No counterpart in Hugging Face PEFT. */
  @Override
  public String type() {
    return "HFT";
  }

  @Override
  public String method() {
    return "hft";
  }

  @Override
  public Set<String> select(List<BaseTensor> tensors) {
    HftGroups groups = new HftGroups(tensors);
    HftShare share = new HftShare(ratio, seed + round);
    Set<String> selected =
        switch (level) {
          case CATEGORY -> groups.drawCategories(share);
          case LAYER -> groups.drawLayers(share);
          case MODEL -> groups.drawAnywhere(share);
        };
    if (updateEmbeddings) {
      selected.addAll(groups.embeddings());
    }
    return selected;
  }
}
