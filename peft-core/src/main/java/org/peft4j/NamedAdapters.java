package org.peft4j;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.kernel.Closing;
import org.peft4j.kernel.Memory;

/** The adapters of one model by name, in the order in which they came. */
final class NamedAdapters {

  private final Map<String, InstalledAdapter> adapters =
      Collections.synchronizedMap(new LinkedHashMap<>());

  Set<String> names() {
    synchronized (adapters) {
      return Collections.unmodifiableSet(new LinkedHashSet<>(adapters.keySet()));
    }
  }

  /**
   * @throws IllegalArgumentException if there is one of that name
   */
  void add(InstalledAdapter adapter) {
    if (adapters.putIfAbsent(adapter.spec().name(), adapter) != null) {
      throw taken(adapter.spec().name());
    }
  }

  /** Takes an adapter out and frees what no other one needs. */
  void remove(String name) {
    InstalledAdapter removed = adapters.remove(name);
    if (removed != null) {
      Set<Memory> kept = Collections.newSetFromMap(new IdentityHashMap<>());
      all().forEach(other -> kept.addAll(other.trainedMemory()));
      removed.close(kept);
    }
  }

  /** Takes all adapters out and frees what they hold. */
  void close() {
    Closing.all(
        all().stream()
            .<Runnable>map(adapter -> () -> remove(adapter.spec().name()))
            .toArray(Runnable[]::new));
  }

  private List<InstalledAdapter> all() {
    synchronized (adapters) {
      return List.copyOf(adapters.values());
    }
  }

  /**
   * The adapter of that name.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  InstalledAdapter get(String name) {
    InstalledAdapter adapter = adapters.get(name);
    if (adapter == null) {
      throw new IllegalArgumentException("there is no adapter " + name + "; there are " + names());
    }
    return adapter;
  }

  List<InstalledAdapter> all(List<String> names) {
    return names.stream().map(this::get).toList();
  }

  /**
   * @param drafts adapters that are being built
   * @throws IllegalArgumentException if one has that name
   */
  void requireFree(String name, List<Draft> drafts) {
    if (adapters.containsKey(name) || drafts.stream().anyMatch(d -> d.name().equals(name))) {
      throw taken(name);
    }
  }

  private static IllegalArgumentException taken(String name) {
    return new IllegalArgumentException(
        "there is already an adapter " + name + "; delete it first or choose another name");
  }

  /**
   * @throws IllegalArgumentException if one of them is named twice, or two train the same tensor
   *     whole
   */
  void requireUsableTogether(String... names) {
    Set<String> seen = new LinkedHashSet<>();
    Set<String> whole = new LinkedHashSet<>();
    for (String name : names) {
      InstalledAdapter adapter = get(name);
      if (!seen.add(name)) {
        throw new IllegalArgumentException("adapter " + name + " is named twice");
      }
      for (String path : adapter.replacements().keySet()) {
        if (!whole.add(path)) {
          throw new IllegalArgumentException(
              "adapters "
                  + Arrays.toString(names)
                  + " both train "
                  + path
                  + " whole; activate one of them only");
        }
      }
    }
  }
}
