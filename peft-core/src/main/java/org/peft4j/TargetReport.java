package org.peft4j;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.tensor.Tensor;

/**
 * Where an adapter went and what it costs.
 *
 * @param layers paths of the adapted layers
 * @param saved paths of the tensors that are trained whole, one that is shared by all its paths
 * @param trainable trainable parameters
 * @param total parameters that the model computes with, those of the adapter included
 * @param notes what the adapter's file says that means nothing on this model, such as names that
 *     match no layer; empty where there is nothing to tell
 */
public record TargetReport(
    List<String> layers, List<String> saved, long trainable, long total, List<String> notes) {

  static TargetReport of(Model<?> model, List<InstalledAdapter> adapters) {
    List<String> layers = new ArrayList<>();
    Map<String, Tensor> copies = new LinkedHashMap<>();
    Map<String, Tensor> replaced = new LinkedHashMap<>();
    List<Tensor> trained = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    for (InstalledAdapter adapter : adapters) {
      layers.addAll(adapter.sites().keySet());
      copies.putAll(adapter.copies());
      replaced.putAll(adapter.replacements());
      trained.addAll(adapter.parameters().values());
      notes.addAll(adapter.notes());
    }
    List<Tensor> all = new ArrayList<>(trained);
    ModuleTree.ownParameters(model)
        .forEach((path, own) -> all.add(replaced.getOrDefault(path, own.pretrained())));
    return new TargetReport(
        List.copyOf(layers),
        List.copyOf(copies.keySet()),
        count(trained),
        count(all),
        List.copyOf(notes));
  }

  /** A tensor that is there several times counts once. */
  private static long count(Collection<Tensor> tensors) {
    Set<Tensor> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
    distinct.addAll(tensors);
    return distinct.stream().mapToLong(tensor -> tensor.shape().length()).sum();
  }

  /** Reads {@code trainable 41,472 of 262,144 (15.8 %)}. */
  @Override
  public String toString() {
    return String.format(
        java.util.Locale.ROOT,
        "trainable %,d of %,d (%.1f %%)",
        trainable,
        total,
        100.0 * trainable / total);
  }
}
