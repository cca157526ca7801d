package org.peft4j;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.kernel.Kernels;
import org.peft4j.method.BaseTensor;
import org.peft4j.method.ParameterSelector;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.SiteKind;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.tensor.Tensor;

/** The tensors of a model that a {@link ParameterSelector} trains whole. */
final class SelectedTensors {

  /** How many paths a message lists. */
  private static final int LISTED = 8;

  private final Map<String, Parameter> places = new LinkedHashMap<>();

  private SelectedTensors(Model<?> model, Set<Tensor> selected) {
    ModuleTree.ownParameters(model)
        .forEach(
            (path, parameter) -> {
              if (selected.contains(parameter.pretrained())) {
                places.put(path, parameter);
              }
            });
  }

  /**
   * The tensors that {@code spec} means in {@code model}; empty unless its method is a {@link
   * ParameterSelector}.
   *
   * @throws IllegalArgumentException if they are none, or the spec names an initializer
   */
  static Optional<SelectedTensors> of(AdapterSpec spec, Targeting targeting, Model<?> model) {
    if (!(spec.config() instanceof ParameterSelector selector)) {
      return Optional.empty();
    }
    spec.initializer()
        .ifPresent(
            start -> {
              throw new IllegalArgumentException(
                  "%s trains tensors from where they are, so it cannot start by %s; leave that out"
                      .formatted(selector.method(), start.name()));
            });
    Set<Tensor> selected = Collections.newSetFromMap(new IdentityHashMap<>());
    addAll(selected, pick(selector, model, targeting.tensors()));
    targeting.saved().values().forEach(m -> addAll(selected, ModuleTree.parameters(m)));
    return Optional.of(new SelectedTensors(model, selected));
  }

  private static void addAll(Set<Tensor> tensors, Map<String, Parameter> parameters) {
    parameters.values().forEach(parameter -> tensors.add(parameter.pretrained()));
  }

  /**
   * Those of {@code tensors} that {@code selector} picks.
   *
   * @param tensors of {@code model}, to choose from
   * @throws IllegalArgumentException if they are none, or others than those to choose from
   */
  static Map<String, Parameter> pick(
      ParameterSelector selector, Model<?> model, Map<String, Parameter> tensors) {
    Set<String> picked = selector.select(described(model, tensors));
    if (picked.isEmpty()) {
      throw new IllegalArgumentException(
          "%s picks none of the %d tensors there are to choose from, %s; offer it more, or change %s"
              .formatted(selector.method(), tensors.size(), some(tensors.keySet()), selector));
    }
    if (!tensors.keySet().containsAll(picked)) {
      Set<String> unknown = new TreeSet<>(picked);
      unknown.removeAll(tensors.keySet());
      throw new IllegalArgumentException(
          selector.method() + " picked " + unknown + ", which it was not given to choose from");
    }
    Map<String, Parameter> selected = new LinkedHashMap<>(tensors);
    selected.keySet().retainAll(picked);
    return selected;
  }

  private static String some(Set<String> paths) {
    return paths.size() <= LISTED
        ? paths.toString()
        : "such as " + paths.stream().limit(LISTED).toList();
  }

  private static List<BaseTensor> described(Model<?> model, Map<String, Parameter> tensors) {
    Map<String, AdapterHost> hosts = ModuleTree.hosts(model);
    List<BaseTensor> described = new ArrayList<>();
    tensors.forEach(
        (path, parameter) -> {
          String module = path.substring(0, Math.max(0, path.lastIndexOf('.')));
          boolean output = model.outputLayers().contains(module);
          BaseTensor.Role role =
              output ? BaseTensor.Role.OUTPUT : role(Optional.ofNullable(hosts.get(module)));
          described.add(new BaseTensor(path, parameter.shape(), role));
        });
    return described;
  }

  private static BaseTensor.Role role(Optional<AdapterHost> host) {
    return host.map(
            h ->
                h.kind() == SiteKind.EMBEDDING ? BaseTensor.Role.EMBEDDING : BaseTensor.Role.LINEAR)
        .orElse(BaseTensor.Role.OTHER);
  }

  /** Copies to train, by every path where they are used; a shared tensor has one copy. */
  Map<String, Tensor> copies(Kernels kernels) {
    Map<Tensor, Tensor> copies = new IdentityHashMap<>();
    Map<String, Tensor> byPath = new LinkedHashMap<>();
    places.forEach(
        (path, parameter) ->
            byPath.put(
                path,
                copies.computeIfAbsent(
                    parameter.pretrained(), any -> InstalledAdapter.copy(parameter, kernels))));
    return byPath;
  }
}
