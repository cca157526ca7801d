package org.peft4j;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.peft4j.adapter.Trainable;
import org.peft4j.nn.LayerAdapters;
import org.peft4j.spec.AdapterSpec;

/** Which adapters are to be at work, and how they act together. */
sealed interface Choice {

  /** The names of all of them, each once. */
  List<String> names();

  /** The names of those that are at work on one row of a batch, in the order in which they act. */
  List<String> ofRow(int row);

  /**
   * What the layer at a path goes through, if anything.
   *
   * @param adapters those of {@link #names}
   */
  Function<String, Optional<LayerAdapters>> through(List<InstalledAdapter> adapters);

  /**
   * @param adapters those of {@link #names}
   * @throws IllegalArgumentException if they cannot be at work like this
   */
  void requirePossible(List<InstalledAdapter> adapters);

  /** All act on the whole batch, each seeing the ones before it as its base. */
  record Together(List<String> names) implements Choice {

    public Together {
      names = List.copyOf(names);
      Set<String> seen = new LinkedHashSet<>();
      for (String name : names) {
        if (!seen.add(name)) {
          throw new IllegalArgumentException("adapter " + name + " is named twice");
        }
      }
    }

    @Override
    public List<String> ofRow(int row) {
      return names;
    }

    @Override
    public Function<String, Optional<LayerAdapters>> through(List<InstalledAdapter> adapters) {
      return path -> {
        List<Trainable> chain = chain(path, adapters);
        return chain.isEmpty() ? Optional.empty() : Optional.of(LayerAdapters.chain(chain));
      };
    }

    @Override
    public void requirePossible(List<InstalledAdapter> adapters) {
      Set<String> whole = new LinkedHashSet<>();
      for (InstalledAdapter adapter : adapters) {
        for (String path : adapter.replacements().keySet()) {
          if (!whole.add(path)) {
            throw new IllegalArgumentException(
                "adapters " + names + " both train " + path + " whole; activate one of them only");
          }
        }
      }
    }
  }

  /**
   * Each row of a batch has one of its own.
   *
   * @param rows a name for each, {@link AdapterSpec#BASE} for none
   */
  record PerRow(List<String> rows) implements Choice {

    public PerRow {
      if (rows.isEmpty()) {
        throw new IllegalArgumentException("no row is assigned an adapter; name one for each");
      }
      rows = List.copyOf(rows);
    }

    /**
     * Of these adapters.
     *
     * @param chains for each row one or none
     * @throws IllegalArgumentException if there are more, or two adapters of one name
     */
    static PerRow of(List<List<InstalledAdapter>> chains) {
      PerRow choice = new PerRow(chains.stream().map(PerRow::name).toList());
      if (choice.names().size() != distinct(chains).size()) {
        throw new IllegalArgumentException(
            "an adapter was replaced, so a batch cannot mix what goes through the former and the new one: "
                + choice.names());
      }
      return choice;
    }

    private static String name(List<InstalledAdapter> chain) {
      List<String> names = chain.stream().map(adapter -> adapter.spec().name()).toList();
      if (names.size() > 1) {
        throw new IllegalArgumentException(
            "a batch mixes rows of one adapter or none, but one has " + names);
      }
      return names.isEmpty() ? AdapterSpec.BASE : names.get(0);
    }

    /** All of them, each once, in the order of {@link #names}. */
    static List<InstalledAdapter> distinct(List<List<InstalledAdapter>> chains) {
      return chains.stream().flatMap(List::stream).distinct().toList();
    }

    @Override
    public List<String> names() {
      return rows.stream().distinct().filter(name -> !name.equals(AdapterSpec.BASE)).toList();
    }

    @Override
    public List<String> ofRow(int row) {
      if (row >= rows.size()) {
        throw new IllegalArgumentException(
            "row %d of the batch was assigned no adapter; name one for each, or the base; there are %s"
                .formatted(row, rows));
      }
      return rows.get(row).equals(AdapterSpec.BASE) ? List.of() : List.of(rows.get(row));
    }

    @Override
    public Function<String, Optional<LayerAdapters>> through(List<InstalledAdapter> adapters) {
      List<String> names = names();
      List<Integer> assignment =
          rows.stream()
              .map(row -> row.equals(AdapterSpec.BASE) ? names.size() : names.indexOf(row))
              .toList();
      return path -> {
        List<List<Trainable>> chains = new ArrayList<>();
        adapters.forEach(adapter -> chains.add(chain(path, List.of(adapter))));
        boolean plain = chains.stream().allMatch(List::isEmpty);
        chains.add(List.of());
        return plain ? Optional.empty() : Optional.of(LayerAdapters.perRow(chains, assignment));
      };
    }

    @Override
    public void requirePossible(List<InstalledAdapter> adapters) {
      for (InstalledAdapter adapter : adapters) {
        if (!adapter.replacements().isEmpty()) {
          throw new IllegalArgumentException(
              "adapter "
                  + adapter.spec().name()
                  + (adapter.copies().isEmpty()
                      ? " has tensors in place of the base's"
                      : " trains modules whole")
                  + ", so a batch cannot mix it with others");
        }
      }
    }
  }

  private static List<Trainable> chain(String path, List<InstalledAdapter> adapters) {
    List<Trainable> chain = new ArrayList<>(adapters.size());
    for (InstalledAdapter adapter : adapters) {
      Trainable site = adapter.sites().get(path);
      if (site != null) {
        chain.add(site);
      }
    }
    return chain;
  }
}
