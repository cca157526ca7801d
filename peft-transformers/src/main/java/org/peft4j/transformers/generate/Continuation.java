package org.peft4j.transformers.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.model.KeyValueCache;
import org.peft4j.transformers.text.TextDecoder;

/** A text on its way: what has been chosen of it, where its keys are, and who waits for it. */
final class Continuation {

  private final GenerationRequest request;
  private final GenerationListener listener;
  private final Sampler sampler;
  private final TextStream stream;
  private final StopWords stops;
  private final int mostTokens;
  private final List<Integer> tokens = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private final CompletableFuture<Generated> result = new CompletableFuture<>();
  private @Nullable HeldAdapters adapters;
  private @Nullable KeyValueCache cache;
  private boolean wanted = true;

  /**
   * @param maxPositions the longest text that the model takes, at least as long as the prompt
   */
  Continuation(
      GenerationRequest request, TextDecoder texts, int maxPositions, GenerationListener listener) {
    this.request = request;
    this.listener = listener;
    this.sampler = new Sampler(request.settings().sampling());
    this.stops = new StopWords(request.stops(), this::show);
    this.stream = new TextStream(texts, request.prompt(), stops::accept);
    this.mostTokens =
        Math.min(request.settings().maxTokens(), maxPositions - request.prompt().length);
  }

  CompletableFuture<Generated> result() {
    return result;
  }

  /** Its adapters. */
  HeldAdapters adapters() {
    return Objects.requireNonNull(adapters);
  }

  /** Whether nothing is left to do: it ended, failed, or nobody waits for it any more. */
  boolean isDone() {
    return result.isDone();
  }

  /** The tokens that its cache has not read. */
  int[] unread() {
    return tokens.isEmpty() ? request.prompt() : new int[] {tokens.get(tokens.size() - 1)};
  }

  /** Takes its adapters and memory for its keys, or ends where no token is wanted. */
  void begin(BatchModel model) {
    if (mostTokens == 0) {
      endAt(Ending.LENGTH);
    } else {
      adapters = model.hold(request.adapters());
      cache = model.cache(request.prompt().length + mostTokens);
    }
  }

  KeyValueCache cache() {
    return Objects.requireNonNull(cache);
  }

  /** Takes the scores of its next token. */
  void take(double[] scores) {
    alone(() -> endAt(next(sampler.next(scores))));
  }

  /** Takes a token; null if there is to be another one. */
  private @Nullable Ending next(int token) {
    if (request.settings().ends().contains(token)) {
      return Ending.END_TOKEN;
    }
    tokens.add(token);
    listener.token(token);
    stream.accept(token);
    if (stops.found()) {
      return Ending.STOP_WORD;
    }
    if (!wanted) {
      return Ending.CANCELLED;
    }
    return tokens.size() == mostTokens ? Ending.LENGTH : null;
  }

  private void endAt(@Nullable Ending ending) {
    if (ending == null) {
      return;
    }
    if (ending != Ending.CANCELLED) {
      stream.end();
      stops.end();
    }
    close();
    Ending why = stops.found() ? Ending.STOP_WORD : ending;
    result.complete(new Generated(text.toString(), tokens, why));
  }

  private void show(String piece) {
    text.append(piece);
    wanted = listener.text(piece);
  }

  /** What goes wrong in {@code body} is this text's own failure. */
  void alone(Runnable body) {
    try {
      body.run();
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  void fail(Throwable cause) {
    close();
    result.completeExceptionally(cause);
  }

  /** Frees its keys, and its adapters where nobody else needs them. */
  void close() {
    if (cache != null) {
      cache.close();
      cache = null;
    }
    if (adapters != null) {
      adapters.close();
      adapters = null;
    }
  }
}
