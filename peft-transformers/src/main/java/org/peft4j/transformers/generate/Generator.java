package org.peft4j.transformers.generate;

import java.util.Arrays;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.peft4j.AdaptedModel;
import org.peft4j.kernel.Kernels;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.KeyValueCache;
import org.peft4j.transformers.text.Tokenizer;

/**
 * Continues a text token by token. The prompt is read in one pass; after that each token costs one
 * pass over one row, as keys and values are kept. {@link BatchGenerator} continues several at once,
 * as text, up to stop words.
 */
public final class Generator {

  private final CausalLm<?> model;
  private final Kernels kernels;
  private final Supplier<Tape> tapes;

  /** The model without adapters. */
  public Generator(CausalLm<?> model, Kernels kernels) {
    this(model, kernels, () -> Tape.inference(kernels));
  }

  /** A model with adapters. */
  public Generator(AdaptedModel<? extends CausalLm<?>> adapted) {
    this(adapted.model(), adapted.kernels(), adapted::inference);
  }

  private Generator(CausalLm<?> model, Kernels kernels, Supplier<Tape> tapes) {
    this.model = model;
    this.kernels = kernels;
    this.tapes = tapes;
  }

  /**
   * What to generate.
   *
   * @param maxTokens at most this many tokens
   * @param sampling how they are chosen
   * @param ends tokens that end the text and are not part of it
   */
  public record Request(int maxTokens, Sampling sampling, Set<Integer> ends) {

    public Request {
      if (maxTokens < 0) {
        throw new IllegalArgumentException("maxTokens must be at least 0 but was " + maxTokens);
      }
      ends = Set.copyOf(ends);
    }
  }

  /** Like {@link #generate(int[], Request, IntConsumer)}, telling nobody. */
  public int[] generate(int[] prompt, Request request) {
    return generate(prompt, request, token -> {});
  }

  /**
   * What follows {@code prompt}: as many tokens as asked for, fewer where one that ends the text
   * comes up or the model takes no longer text.
   *
   * @param listener told of each token as it comes
   * @throws IllegalArgumentException if the prompt is empty, or too long for the model
   */
  public int[] generate(int[] prompt, Request request, IntConsumer listener) {
    requireFits(prompt);
    int length = (int) Math.min(model.maxPositions(), (long) prompt.length + request.maxTokens());
    int[] tokens = new int[length - prompt.length];
    Sampler sampler = new Sampler(request.sampling());
    try (Tape t = tapes.get();
        KeyValueCache cache = model.cache(kernels, length)) {
      int[] unread = prompt;
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = sampler.next(scores(t, unread, cache));
        if (request.ends().contains(tokens[i])) {
          return Arrays.copyOf(tokens, i);
        }
        listener.accept(tokens[i]);
        unread = new int[] {tokens[i]};
      }
    }
    return tokens;
  }

  /**
   * The text that follows {@code prompt}, without it.
   *
   * @param tokenizer the model's own
   * @throws IllegalArgumentException if the prompt is empty, or too long for the model
   */
  public String generate(Tokenizer tokenizer, String prompt, int maxTokens, Sampling sampling) {
    int[] start = tokenizer.encodeWithSpecialTokens(prompt);
    StringBuilder text = new StringBuilder();
    TextStream stream = new TextStream(tokenizer, start, text::append);
    generate(start, new Request(maxTokens, sampling, tokenizer.specialTokens().ends()), stream);
    stream.end();
    return text.toString();
  }

  private void requireFits(int[] prompt) {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("a prompt has at least one token");
    }
    if (prompt.length > model.maxPositions()) {
      throw new IllegalArgumentException(
          "the prompt has %d tokens but the model takes at most %d"
              .formatted(prompt.length, model.maxPositions()));
    }
  }

  /** Scores of the token after {@code unread}. */
  private double[] scores(Tape t, int[] unread, KeyValueCache cache) {
    Tensor hidden = model.hidden(t, unread, cache);
    Tensor last = Tensor.of(hidden.value().rows(unread.length - 1, unread.length));
    double[] scores = model.head(t, last).value().toDoubles();
    t.reset();
    return scores;
  }
}
