package org.peft4j;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.peft4j.io.Finite;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;
import org.peft4j.nn.ActiveAdapters;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.StateDict;
import org.peft4j.tensor.Tensor;

/**
 * The weights of a model with its active adapters merged in; those that did not change are shared,
 * not copied.
 */
final class MergedWeights {

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<Tensor, Tensor> constants = new IdentityHashMap<>();
  private final Kernels kernels;
  private final ActiveAdapters active;

  /** The weights of {@code model} with these adapters. */
  static StateDict of(Model<?> model, Kernels kernels, ActiveAdapters active) {
    return new StateDict(new MergedWeights(model, kernels, active).tensors);
  }

  private MergedWeights(Model<?> model, Kernels kernels, ActiveAdapters active) {
    this.kernels = kernels;
    this.active = active;
    Map<String, Tensor> merged = new LinkedHashMap<>();
    ModuleTree.hosts(model)
        .forEach(
            (path, host) -> {
              if (active.at(host).isPresent()) {
                host.merged(kernels, active)
                    .forEach(
                        (name, buffer) ->
                            put(merged, ModuleTree.join(path, name), Tensor.of(buffer)));
              }
            });
    Map<String, Parameter> own = ModuleTree.ownParameters(model);
    own.forEach(
        (path, parameter) -> {
          Tensor changed = merged.get(path);
          tensors.put(path, changed == null ? plain(path, parameter) : changed);
        });
    merged.forEach(tensors::putIfAbsent);
    dropTied(own);
  }

  /**
   * A parameter that is still the same tensor as an earlier one stays tied to it: the model ties it
   * again.
   */
  private void dropTied(Map<String, Parameter> own) {
    Map<Tensor, Tensor> firstBySource = new IdentityHashMap<>();
    Set<Tensor> untied = Collections.newSetFromMap(new IdentityHashMap<>());
    own.forEach(
        (path, parameter) -> {
          Tensor first = firstBySource.putIfAbsent(parameter.pretrained(), tensors.get(path));
          if (first != null && first != tensors.get(path)) {
            untied.add(parameter.pretrained());
          }
        });
    Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    own.forEach(
        (path, parameter) -> {
          if (!seen.add(parameter.pretrained()) && !untied.contains(parameter.pretrained())) {
            tensors.remove(path);
          }
        });
  }

  /**
   * Tied parameters that share a trained tensor stay tied: the same tensor gives the same constant.
   */
  private Tensor plain(String path, Parameter parameter) {
    return active
        .inPlaceOf(parameter)
        .map(own -> constants.computeIfAbsent(own, trained -> requireFinite(path, copy(trained))))
        .orElse(parameter.pretrained());
  }

  /** Training on must not change a model that was merged. */
  private Tensor copy(Tensor trained) {
    Buffer copy = kernels.buffer(trained.type(), trained.shape());
    kernels.put(trained.value(), Write.SET, copy);
    return Tensor.of(copy);
  }

  private static void put(Map<String, Tensor> merged, String path, Tensor tensor) {
    merged.put(path, requireFinite(path, tensor));
  }

  private static Tensor requireFinite(String path, Tensor tensor) {
    if (!Finite.areAll(tensor.value())) {
      throw new IllegalStateException(
          "the merged " + path + " has numbers that are not finite: the adapter is broken");
    }
    return tensor;
  }
}
