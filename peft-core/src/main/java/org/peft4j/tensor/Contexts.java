package org.peft4j.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.peft4j.kernel.Closing;

/**
 * The context of a tape, and others that parts of its present step have. Those are needed until the
 * step ends: backward may read what they stand for.
 */
final class Contexts {

  private final PassContext own;
  private final boolean closes;
  private final Scoped<PassContext> now;
  private final List<PassContext> ofParts = new ArrayList<>();

  /**
   * @param closes whether the context ends with the tape
   */
  Contexts(PassContext own, boolean closes) {
    this.own = own;
    this.closes = closes;
    this.now = new Scoped<>(own);
  }

  PassContext own() {
    return own;
  }

  PassContext now() {
    return now.get();
  }

  void beginStep() {
    own.begin();
  }

  void endStep() {
    own.end();
    List<PassContext> ended = List.copyOf(ofParts);
    ofParts.clear();
    Closing.all(ended.stream().<Runnable>map(part -> () -> leave(part)).toArray(Runnable[]::new));
  }

  private static void leave(PassContext part) {
    part.end();
    part.close();
  }

  /** Computes {@code body}, a part of the present step, with a context of its own. */
  Tensor during(PassContext part, Supplier<Tensor> body) {
    try {
      part.begin();
    } catch (RuntimeException e) {
      part.close();
      throw e;
    }
    ofParts.add(part);
    return again(part, body);
  }

  /** Computes {@code body} with a context that the present step has had. */
  Tensor again(PassContext context, Supplier<Tensor> body) {
    return now.during(context, body);
  }

  void close() {
    if (closes) {
      own.close();
    }
  }
}
