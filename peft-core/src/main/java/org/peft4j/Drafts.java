package org.peft4j;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import org.peft4j.calibrate.Calibration;
import org.peft4j.calibrate.Calibrator;
import org.peft4j.calibrate.Statistics;
import org.peft4j.calibrate.Wanted;
import org.peft4j.initializer.Statistic;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.WholeTensors;

/** Adapters that are built together, so that one pass over the data serves them all. */
final class Drafts {

  private final List<Draft> drafts;
  private final Map<String, AdapterHost> hosts;
  private final Kernels kernels;

  Drafts(List<Draft> drafts, Model<?> model, Kernels kernels) {
    this.drafts = drafts;
    this.hosts = ModuleTree.hosts(model);
    this.kernels = kernels;
  }

  /**
   * New adapters for a model.
   *
   * @param there those that it has
   * @throws IllegalArgumentException if a name is taken, or a spec is of an adapter that cannot be
   *     trained here
   */
  static Drafts of(List<AdapterSpec> specs, Model<?> model, Kernels kernels, NamedAdapters there) {
    List<Draft> drafts = new ArrayList<>();
    for (AdapterSpec spec : specs) {
      there.requireFree(spec.name(), drafts);
      WholeTensors.of(spec.info()).requireTrainable();
      InstalledAdapter.Origin origin = InstalledAdapter.Origin.fresh(spec.initializer());
      drafts.add(new Draft(TaskModules.of(model).added(spec), origin, model, kernels));
    }
    return new Drafts(drafts, model, kernels);
  }

  /** Whether building them takes data that the preparation does not already know about. */
  boolean needData(Preparation preparation) {
    return preparation.calibration().isPresent() && !unknown(preparation.statistics()).isEmpty();
  }

  /** Builds all layers of all drafts. */
  List<InstalledAdapter> build(Preparation preparation) {
    Set<String> rest = new LinkedHashSet<>(hosts.keySet());
    if (needData(preparation)) {
      Calibration<?> calibration = preparation.calibration().orElseThrow();
      Map<String, List<Wanted>> unknown = unknown(preparation.statistics());
      for (Map<String, List<Wanted>> group : groups(unknown, calibration.maxBytes())) {
        Statistics found = gather(calibration, group, preparation.listener());
        build(group.keySet(), preparation.statistics().and(found), preparation.listener());
        rest.removeAll(group.keySet());
      }
    }
    build(rest, preparation.statistics(), preparation.listener());
    return drafts.stream()
        .map(draft -> draft.finish(heard(draft, preparation.listener())))
        .toList();
  }

  /** Gathers what the drafts want to know, without building them. */
  Statistics gather(Calibration<?> calibration, StartListener listener) {
    Statistics all = Statistics.NONE;
    for (Map<String, List<Wanted>> group :
        groups(unknown(Statistics.NONE), calibration.maxBytes())) {
      all = all.and(gather(calibration, group, listener));
    }
    return all;
  }

  private Statistics gather(
      Calibration<?> calibration, Map<String, List<Wanted>> group, StartListener listener) {
    return new Calibrator<>(calibration, hosts, kernels, listener::onBatch).gather(group);
  }

  private void build(Set<String> paths, Statistics known, StartListener listener) {
    for (Draft draft : drafts) {
      draft.build(paths, known, heard(draft, listener));
    }
  }

  private static BiConsumer<Integer, Integer> heard(Draft draft, StartListener listener) {
    return (done, of) -> listener.onLayer(draft.name(), done, of);
  }

  private Map<String, List<Wanted>> unknown(Statistics known) {
    Map<String, List<Wanted>> unknown = new LinkedHashMap<>();
    for (Draft draft : drafts) {
      draft
          .wanted()
          .forEach(
              (path, wanted) -> {
                if (!known.of(path).containsKey(wanted.statistic().name())) {
                  add(unknown.computeIfAbsent(path, any -> new ArrayList<>()), wanted);
                }
              });
    }
    return unknown;
  }

  /** Of several that want the same statistic, the one with the largest rank counts. */
  private static void add(List<Wanted> all, Wanted wanted) {
    Statistic statistic = wanted.statistic();
    int rank =
        all.stream()
            .filter(other -> other.statistic().equals(statistic))
            .mapToInt(Wanted::rank)
            .max()
            .orElse(0);
    all.removeIf(other -> other.statistic().equals(statistic));
    all.add(new Wanted(statistic, Math.max(rank, wanted.rank())));
  }

  /** Layers in their order, in groups that take about that much memory. */
  private List<Map<String, List<Wanted>>> groups(Map<String, List<Wanted>> all, long maxBytes) {
    List<Map<String, List<Wanted>>> groups = new ArrayList<>();
    Map<String, List<Wanted>> group = new LinkedHashMap<>();
    long used = 0;
    for (Map.Entry<String, List<Wanted>> entry : all.entrySet()) {
      long bytes = bytes(entry.getKey(), entry.getValue());
      if (!group.isEmpty() && used + bytes > maxBytes) {
        groups.add(group);
        group = new LinkedHashMap<>();
        used = 0;
      }
      group.put(entry.getKey(), entry.getValue());
      used += bytes;
    }
    if (!group.isEmpty()) {
      groups.add(group);
    }
    return groups;
  }

  private long bytes(String path, List<Wanted> all) {
    Shape weight = Objects.requireNonNull(hosts.get(path)).weight().shape();
    return all.stream()
        .mapToLong(each -> each.statistic().bytes(weight.columns(), weight.rows(), each.rank()))
        .sum();
  }
}
