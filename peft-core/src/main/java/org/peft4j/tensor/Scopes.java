package org.peft4j.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Which values belong to which of the scopes that are open, one inside the other, and what was
 * derived from them for all to share. A value leaves when its scope ends, unless it is the scope's
 * result, or derived from a value that stays: it then belongs to the enclosing scope.
 */
final class Scopes {

  private final Deque<List<Tensor>> open = new ArrayDeque<>();
  private final Scoped<Derivations> derivations = new Scoped<>(new Derivations());
  private final Consumer<Tensor> leaving;

  /**
   * @param leaving is told of each value that leaves
   */
  Scopes(Consumer<Tensor> leaving) {
    this.leaving = leaving;
    begin();
  }

  void begin() {
    open.push(new ArrayList<>());
  }

  void add(Tensor tensor) {
    open.element().add(tensor);
  }

  /** Ends the innermost scope. */
  void end(@Nullable Tensor result) {
    for (Tensor tensor : open.pop()) {
      if (tensor == result || isShared(tensor)) {
        add(tensor);
      } else {
        leave(tensor);
      }
    }
  }

  /** Ends the innermost scope with all that is in it. */
  void endWhole() {
    open.pop().forEach(this::leave);
  }

  /** Ends all scopes, and begins the outermost one anew. */
  void reset() {
    while (!open.isEmpty()) {
      endWhole();
    }
    begin();
  }

  /** See {@link Tape#once}. */
  Tensor once(Tensor x, Object key, UnaryOperator<Tensor> body) {
    return derivations.get().get(x, key, body);
  }

  /** Computes {@code body} without what was derived outside, and leaves outside nothing derived. */
  Tensor apart(Supplier<Tensor> body) {
    return derivations.during(new Derivations(), body);
  }

  /** Whether {@code tensor} may be asked for again. */
  boolean isShared(Tensor tensor) {
    return derivations.get().holds(tensor);
  }

  /** Ends what was derived from {@code x}, which is about to change. */
  void change(Tensor x) {
    derivations.get().forget(x);
  }

  private void leave(Tensor tensor) {
    derivations.get().forget(tensor);
    leaving.accept(tensor);
  }
}
