package org.peft4j.transformers.generate;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.peft4j.PeftModel;
import org.peft4j.settings.Require;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.text.TextDecoder;

/**
 * Continues many texts in the calling thread, several at once: each step reads the weights once for
 * all of them. A text that ends makes room for the next one. Each has adapter, sampling and length
 * of its own and becomes what it would become alone, up to rounding: see {@link GenerationQueue},
 * which does the same for texts that come from many threads.
 */
public final class BatchGenerator {

  private final BatchModel model;
  private final int maxRows;

  /**
   * @param texts turns tokens into text, such as the model's own tokenizer
   * @param maxRows how many texts are continued at once; each has keys and values in memory
   */
  public BatchGenerator(PeftModel<? extends CausalLm<?>> peft, TextDecoder texts, int maxRows) {
    this.model = new BatchModel(peft, texts);
    this.maxRows = Require.positive("maxRows", maxRows);
  }

  /** What follows a prompt. */
  public Generated generate(GenerationRequest request, GenerationListener listener) {
    return finish(List.of(model.accept(request, listener))).get(0);
  }

  /**
   * What follows each prompt, in their order.
   *
   * @throws IllegalArgumentException if one is too long for the model or names no adapter; nothing
   *     is generated then
   */
  public List<Generated> generate(List<GenerationRequest> requests) {
    return finish(requests.stream().map(request -> model.accept(request, piece -> true)).toList());
  }

  private List<Generated> finish(List<Continuation> texts) {
    Deque<Continuation> waiting = new ArrayDeque<>(texts);
    try (Batch batch = new Batch(model)) {
      while (!waiting.isEmpty() || batch.size() > 0) {
        while (!waiting.isEmpty() && batch.size() < maxRows) {
          batch.enter(waiting.remove());
        }
        batch.step();
      }
    }
    return texts.stream().map(text -> done(text.result())).toList();
  }

  private static Generated done(CompletableFuture<Generated> result) {
    try {
      return result.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw e;
    }
  }
}
