package org.peft4j.onednn;

import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Compiled primitives, of which the one that was not used for longest, counted in compilations, is
 * dropped for a new one. Whoever finds what he asks for waits for nobody; what is missing is
 * compiled once, however many ask for it.
 *
 * <p>A primitive belongs to a number of threads: oneDNN divides the work when it compiles.
 */
final class PrimitiveCache {

  private final int capacity;
  private final Function<Recipe, Primitive> compiler;
  private final Map<Key, Primitive> primitives = new ConcurrentHashMap<>(256);

  /** Time goes on when something is compiled, so that in a steady state nothing is written. */
  private final AtomicInteger clock = new AtomicInteger();

  private record Key(Recipe recipe, int threads) {}

  /**
   * @param compiler makes a primitive for the number of threads that it is called with
   */
  PrimitiveCache(int capacity, Function<Recipe, Primitive> compiler) {
    this.capacity = capacity;
    this.compiler = compiler;
  }

  /** The primitive of {@code recipe}, entered: the caller leaves it after the run. */
  Primitive enter(Recipe recipe, int threads) {
    Key key = new Key(recipe, threads);
    while (true) {
      Primitive primitive = primitives.get(key);
      if (primitive == null) {
        primitive = primitives.computeIfAbsent(key, this::compile);
        dropOldest();
      }
      if (primitive.uses().tryEnter()) {
        primitive.useAt(clock.get());
        return primitive;
      }
      // Dropped since it was found.
    }
  }

  private Primitive compile(Key key) {
    Primitive primitive = compiler.apply(key.recipe());
    primitive.useAt(clock.incrementAndGet());
    return primitive;
  }

  private synchronized void dropOldest() {
    while (primitives.size() > capacity) {
      Map.@Nullable Entry<Key, Primitive> oldest =
          primitives.entrySet().stream()
              .min(Comparator.comparingInt(entry -> entry.getValue().lastUse()))
              .orElse(null);
      if (oldest == null) {
        return;
      }
      primitives.remove(oldest.getKey());
      oldest.getValue().uses().end();
    }
  }
}
