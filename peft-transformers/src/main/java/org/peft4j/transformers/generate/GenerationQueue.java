package org.peft4j.transformers.generate;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.peft4j.PeftModel;
import org.peft4j.settings.Require;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.text.TextDecoder;

/**
 * Continues texts that any number of threads hand in, several at once, in a thread of its own
 * (continuous batching; Yu et al., OSDI 2022). They enter in the order in which they came, as soon
 * as there is room, and leave when they end; each step reads the weights once for all that are in.
 * Each has adapter, sampling, length, stop words and listener of its own, and becomes what it would
 * become alone: to the bit with kernels that compute a row of a product the same way whatever
 * stands beside it, as the plain ones do, up to rounding with others.
 *
 * <p>Cancelling the future of a text takes it out with the next step.
 */
public final class GenerationQueue implements AutoCloseable {

  private final BatchModel model;
  private final int maxRows;
  private final Thread thread = new Thread(this::run, "peft4j-generation");
  private final WaitingTexts waiting = new WaitingTexts();

  private GenerationQueue(BatchModel model, int maxRows) {
    this.model = model;
    this.maxRows = maxRows;
  }

  /**
   * A queue that is at work.
   *
   * @param texts turns tokens into text, such as the model's own tokenizer
   * @param maxRows how many texts are continued at once; each has keys and values in memory
   */
  public static GenerationQueue start(
      PeftModel<? extends CausalLm<?>> peft, TextDecoder texts, int maxRows) {
    Require.positive("maxRows", maxRows);
    GenerationQueue queue = new GenerationQueue(new BatchModel(peft, texts), maxRows);
    queue.thread.setDaemon(true);
    queue.thread.start();
    return queue;
  }

  /** Like {@link #submit(GenerationRequest, GenerationListener)}, telling nobody. */
  public CompletableFuture<Generated> submit(GenerationRequest request) {
    return submit(request, piece -> true);
  }

  /**
   * Hands in a text. What depends on the future runs in the thread that computes, unless it is told
   * otherwise ({@code thenAcceptAsync}).
   *
   * @return what becomes of it
   * @throws IllegalArgumentException if it is too long for the model or names no adapter
   * @throws IllegalStateException if this queue is closed
   */
  public CompletableFuture<Generated> submit(
      GenerationRequest request, GenerationListener listener) {
    Continuation text = model.accept(request, listener);
    waiting.add(text);
    return text.result();
  }

  private void run() {
    try (Batch batch = new Batch(model)) {
      work(batch);
      batch.fail(waiting.unfinished());
    } catch (RuntimeException | Error e) {
      waiting.end(e);
    } finally {
      waiting.rest().forEach(text -> text.fail(waiting.unfinished()));
    }
  }

  private void work(Batch batch) {
    try {
      while (!waiting.isEnded()) {
        if (batch.size() == 0) {
          waiting.await();
        }
        admit(batch);
        batch.step();
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      waiting.end(e);
    }
  }

  private void admit(Batch batch) {
    Optional<Continuation> next = next(batch);
    while (next.isPresent()) {
      batch.enter(next.get());
      next = next(batch);
    }
  }

  private Optional<Continuation> next(Batch batch) {
    return batch.size() < maxRows ? waiting.next() : Optional.empty();
  }

  /** Ends all texts that are not done, by an exception, and waits until their memory is free. */
  @Override
  public void close() {
    waiting.end(new IllegalStateException("closed here"));
    boolean interrupted = false;
    while (thread.isAlive() && thread != Thread.currentThread()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
