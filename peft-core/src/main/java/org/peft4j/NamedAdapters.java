package org.peft4j;

import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.kernel.Closing;
import org.peft4j.kernel.Memory;

/**
 * The adapters of one model by name, in the order in which they came. One that is taken out or
 * replaced while somebody computes with it is freed when the last one has done.
 */
final class NamedAdapters {

  private final Map<String, InstalledAdapter> adapters = new LinkedHashMap<>();
  private final Map<InstalledAdapter, Integer> uses = new IdentityHashMap<>();
  private boolean closed;

  synchronized Set<String> names() {
    requireOpen();
    return Collections.unmodifiableSet(new LinkedHashSet<>(adapters.keySet()));
  }

  /**
   * @throws IllegalArgumentException if there is one of that name
   */
  synchronized void add(InstalledAdapter adapter) {
    requireFree(adapter.spec().name(), List.of());
    adapters.put(adapter.spec().name(), adapter);
  }

  /** Puts {@code adapter} in the place of the one of its name. */
  synchronized void replace(InstalledAdapter adapter) {
    String name = adapter.spec().name();
    InstalledAdapter former = get(name);
    adapters.put(name, adapter);
    freeIfUnused(former);
  }

  /** Takes an adapter out. */
  synchronized void remove(String name) {
    InstalledAdapter removed = get(name);
    adapters.remove(name);
    freeIfUnused(removed);
  }

  /** The adapters of these names, not to be freed before {@link #release}. */
  synchronized List<InstalledAdapter> take(Collection<String> names) {
    List<InstalledAdapter> taken = all(names);
    hold(taken);
    return taken;
  }

  /**
   * Keeps these adapters from being freed before {@link #release}.
   *
   * @throws IllegalStateException if one of them has been
   */
  synchronized void hold(List<InstalledAdapter> taken) {
    requireOpen();
    for (InstalledAdapter adapter : taken) {
      String name = adapter.spec().name();
      if (adapters.get(name) != adapter && !uses.containsKey(adapter)) {
        throw new IllegalStateException("adapter " + name + " has been deleted");
      }
    }
    taken.forEach(adapter -> uses.merge(adapter, 1, Integer::sum));
  }

  synchronized void release(List<InstalledAdapter> taken) {
    for (InstalledAdapter adapter : taken) {
      uses.computeIfPresent(adapter, (any, n) -> n == 1 ? null : n - 1);
      if (!closed && adapters.get(adapter.spec().name()) != adapter) {
        freeIfUnused(adapter);
      }
    }
  }

  private void freeIfUnused(InstalledAdapter adapter) {
    if (!uses.containsKey(adapter)) {
      adapter.close(memoryOfOthers(adapter));
    }
  }

  /** A vector that several adapters were trained in stays until the last of them goes. */
  private Set<Memory> memoryOfOthers(InstalledAdapter adapter) {
    Set<Memory> memory = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<InstalledAdapter> others = Collections.newSetFromMap(new IdentityHashMap<>());
    others.addAll(adapters.values());
    others.addAll(uses.keySet());
    others.remove(adapter);
    others.forEach(other -> memory.addAll(other.trainedMemory()));
    return memory;
  }

  /** Frees all adapters, those in use too. */
  synchronized void close() {
    if (!closed) {
      closed = true;
      Set<InstalledAdapter> all = Collections.newSetFromMap(new IdentityHashMap<>());
      all.addAll(adapters.values());
      all.addAll(uses.keySet());
      Closing.all(
          all.stream()
              .<Runnable>map(adapter -> () -> adapter.close(Set.of()))
              .toArray(Runnable[]::new));
    }
  }

  /**
   * The adapter of that name.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  synchronized InstalledAdapter get(String name) {
    requireOpen();
    InstalledAdapter adapter = adapters.get(name);
    if (adapter == null) {
      throw new IllegalArgumentException("there is no adapter " + name + "; there are " + names());
    }
    return adapter;
  }

  synchronized List<InstalledAdapter> all(Collection<String> names) {
    return names.stream().map(this::get).toList();
  }

  /**
   * @param drafts adapters that are being built
   * @throws IllegalArgumentException if one has that name
   */
  synchronized void requireFree(String name, List<Draft> drafts) {
    requireOpen();
    if (adapters.containsKey(name) || drafts.stream().anyMatch(d -> d.name().equals(name))) {
      throw new IllegalArgumentException(
          "there is already an adapter " + name + "; delete it first or choose another name");
    }
  }

  /**
   * @throws IllegalStateException if it is closed
   */
  synchronized void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this PeftModel is closed");
    }
  }
}
