package org.peft4j.tensor;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** What was made of values that are still there, for whoever needs the same of them. */
final class Derivations {

  private final Map<Tensor, Map<Object, Tensor>> results = new HashMap<>();
  private final Set<Tensor> held = new HashSet<>();

  /** The result for {@code key}; of {@code body} where there is none yet. */
  Tensor get(Tensor x, Object key, UnaryOperator<Tensor> body) {
    Map<Object, Tensor> own = results.computeIfAbsent(x, any -> new HashMap<>());
    Tensor result = own.get(key);
    if (result == null) {
      result = body.apply(x);
      if (result != x) {
        own.put(key, result);
        held.add(result);
      }
    }
    return result;
  }

  /** Whether {@code tensor} is a result that may be asked for again. */
  boolean holds(Tensor tensor) {
    return held.contains(tensor);
  }

  /** Ends what was made of {@code x}. */
  void forget(Tensor x) {
    Map<Object, Tensor> own = results.remove(x);
    if (own != null) {
      held.removeAll(own.values());
    }
  }
}
