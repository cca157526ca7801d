package org.peft4j;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The adapters of one model by name, in the order in which they came. */
final class NamedAdapters {

  private final Map<String, InstalledAdapter> adapters = new LinkedHashMap<>();

  Set<String> names() {
    return Collections.unmodifiableSet(adapters.keySet());
  }

  void add(InstalledAdapter adapter) {
    adapters.put(adapter.spec().name(), adapter);
  }

  void remove(String name) {
    adapters.remove(name);
  }

  /**
   * The adapter of that name.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  InstalledAdapter get(String name) {
    InstalledAdapter adapter = adapters.get(name);
    if (adapter == null) {
      throw new IllegalArgumentException(
          "there is no adapter " + name + "; there are " + adapters.keySet());
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
      throw new IllegalArgumentException(
          "there is already an adapter " + name + "; delete it first or choose another name");
    }
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
