package org.peft4j.transformers;

import java.util.Locale;
import org.peft4j.PeftModel;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.settings.Require;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Objective;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.model.TokenBatch;

/**
 * How much memory a training takes, measured before it begins: short sequences go through the model
 * forward and backward, and what they take is carried on to the size that is wanted, since what a
 * step computes in grows with the number of tokens. Where the scores of a few hundred tokens are
 * computed at once, because the vocabulary is small, theirs are counted for all: somewhat too much.
 *
 * @param weights bytes of the pretrained weights, which are held already
 * @param trained bytes of what training adds for the trainable parameters: their gradients and the
 *     optimizer's memory
 * @param activations bytes that a step computes in
 * @param available bytes that can still be had, here and now
 */
public record MemoryEstimate(long weights, long trained, long activations, long available) {

  /** Two for the values and gradients side by side, and two for AdamW. */
  private static final int VECTORS = 4;

  private static final int PROBE = 64;
  private static final double MEBIBYTE = 1 << 20;

  /** Batches of given sizes. */
  @FunctionalInterface
  public interface Sized<B> {

    /** Any batch of {@code sequences} sequences of {@code length} tokens. */
    B of(int sequences, int length);
  }

  /** For a language model, with all tokens predicted; see the other. */
  public static MemoryEstimate of(
      LanguageModel model, TrainingConfig config, int sequences, int length) {
    int vocabulary = model.vocabulary();
    return of(
        model.peft(),
        config,
        model.model().objective(),
        (rows, tokens) -> TokenBatch.random(rows, tokens, vocabulary),
        sequences,
        length);
  }

  /**
   * For batches of {@code sequences} sequences of {@code length} tokens.
   *
   * @param peft with active adapters
   * @param batches to try
   */
  public static <B> MemoryEstimate of(
      PeftModel<?> peft,
      TrainingConfig config,
      Objective<B> objective,
      Sized<B> batches,
      int sequences,
      int length) {
    Require.positive("sequences", sequences);
    Require.positive("length", length);
    long trained =
        peft.trainable().values().stream().mapToLong(tensor -> tensor.shape().length()).sum();
    long weights =
        ModuleTree.parameters(peft.model()).values().stream()
            .map(Parameter::pretrained)
            .mapToLong(tensor -> tensor.shape().length() * tensor.type().bytes())
            .sum();
    long activations = new Probe<>(peft, config, objective, batches).activations(sequences, length);
    return new MemoryEstimate(
        weights,
        VECTORS * peft.type().trained().bytes() * trained,
        activations,
        FreeMemory.bytes());
  }

  /** Bytes that training takes beyond what is held already. */
  public long needed() {
    return trained + activations;
  }

  /**
   * @throws IllegalArgumentException if training needs more than {@code bytes}, saying what to
   *     lower
   */
  public void requireFits(long bytes) {
    if (needed() > bytes) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "training needs about %.0f MiB more memory (%.0f for a step, %.0f for what trains) but"
                  + " %.0f MiB are there; lower the batch size or the length, use activation"
                  + " checkpointing, or train less",
              needed() / MEBIBYTE,
              activations / MEBIBYTE,
              trained / MEBIBYTE,
              bytes / MEBIBYTE));
    }
  }

  /** One line. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "memory: %.0f MiB of weights, about %.0f MiB for a step, %.0f MiB for what trains; %.0f MiB"
            + " are free",
        weights / MEBIBYTE,
        activations / MEBIBYTE,
        trained / MEBIBYTE,
        available / MEBIBYTE);
  }

  /** Lets short sequences through. */
  private record Probe<B>(
      PeftModel<?> peft, TrainingConfig config, Objective<B> objective, Sized<B> batches) {

    /** Of the form {@code c + a · sequences · length}, from two points. */
    long activations(int sequences, int length) {
      int probe = Math.min(PROBE, length);
      double one = pooled(1, probe);
      double perSequence = pooled(2, probe) - one;
      double constant = one - perSequence;
      return (long) (constant + perSequence / probe * length * sequences);
    }

    private double pooled(int sequences, int length) {
      try (Tape t = peft.training()) {
        t.checkpointing(config.gradients().activationCheckpointing());
        Tensor loss = objective.loss(t, batches.of(sequences, length)).sum();
        t.backward(loss, 1);
        peft.trainable().values().forEach(Tensor::clearGradient);
        t.reset();
        return t.pooledBytes();
      }
    }
  }
}
