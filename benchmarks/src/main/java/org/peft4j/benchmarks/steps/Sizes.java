package org.peft4j.benchmarks.steps;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.peft4j.settings.Require;
import org.peft4j.transformers.decoder.Context;
import org.peft4j.transformers.decoder.DecoderSizes;
import org.peft4j.transformers.decoder.Heads;
import org.peft4j.transformers.decoder.RopeConfig;
import org.peft4j.transformers.decoder.RopeScaling;
import org.peft4j.transformers.llama.LlamaConfig;
import org.peft4j.transformers.model.TokenBatch;

/**
 * The sizes of a Llama, and of the batches it is trained on.
 *
 * @param vocabulary number of tokens
 * @param width of the residual stream
 * @param hidden width inside the feed-forward blocks
 * @param layers number of blocks
 * @param heads of query, key and value alike
 * @param sequences in a batch
 * @param tokens in a sequence
 */
public record Sizes(
    int vocabulary, int width, int hidden, int layers, int heads, int sequences, int tokens) {

  /** Added to the mean square in every norm. */
  public static final double EPSILON = 1e-5;

  /** Base of the rotary frequencies. */
  public static final double THETA = 10000;

  public Sizes {
    Stream.of(vocabulary, width, hidden, layers, heads)
        .forEach(size -> Require.positive("a size", size));
    Require.positive("sequences in a batch", sequences);
    if (tokens < 2) {
      throw new IllegalArgumentException(
          "tokens in a sequence must be at least 2, so that one can be predicted, but were "
              + tokens);
    }
  }

  /** 27 million parameters that are products' factors, on 4 sequences of 256 tokens. */
  public Sizes() {
    this(4096, 512, 1376, 8, 8, 4, 256);
  }

  /** The same model on other batches. */
  public Sizes on(int sequences, int tokens) {
    return new Sizes(vocabulary, width, hidden, layers, heads, sequences, tokens);
  }

  /** What {@link #toString} wrote. */
  public static Sizes parse(String text) {
    int[] s = Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray();
    return new Sizes(s[0], s[1], s[2], s[3], s[4], s[5], s[6]);
  }

  @Override
  public String toString() {
    return Stream.of(vocabulary, width, hidden, layers, heads, sequences, tokens)
        .map(String::valueOf)
        .collect(Collectors.joining(","));
  }

  public int headSize() {
    return width / heads;
  }

  /** The model in our library. */
  public LlamaConfig llama() {
    return new LlamaConfig(
        new DecoderSizes(
            vocabulary,
            width,
            layers,
            new Heads(heads, heads, headSize()),
            new Context(tokens, OptionalInt.empty())),
        hidden,
        EPSILON,
        new RopeConfig(THETA, RopeScaling.none()),
        false,
        Set.of());
  }

  /** {@link #batch(long)} of the seed 1. */
  public TokenBatch batch() {
    return batch(1);
  }

  /** Tokens that mean nothing, always the same for a seed, without padding. */
  public TokenBatch batch(long seed) {
    Random random = new Random(seed);
    List<int[]> rows =
        Stream.generate(() -> random.ints(tokens, 0, vocabulary).toArray())
            .limit(sequences)
            .toList();
    return TokenBatch.of(rows);
  }

  /**
   * Operations of the products with frozen matrices in a step, in 10⁹: forward and for the gradient
   * of the input, a multiplication and an addition each. An upper bound: nothing below the first
   * adapter, nor tokens that predict nothing, need all of them.
   */
  public double productGflop() {
    long layer = 4L * width * width + 3L * width * hidden;
    long numbers = layers * layer + (long) vocabulary * width;
    return 4e-9 * sequences * tokens * numbers;
  }
}
