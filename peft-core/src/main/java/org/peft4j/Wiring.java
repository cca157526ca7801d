package org.peft4j;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Trainable;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.SiteKind;
import org.peft4j.nn.ThreadGuard;
import org.peft4j.tensor.Tensor;

/** Connects a model's layers and parameters with the adapters that are to act on them. */
final class Wiring {

  private final Map<String, AdapterHost> hosts;
  private final Map<String, Parameter> parameters;

  /** Takes the layers over from whoever connected them before. */
  Wiring(Model<?> model, ThreadGuard guard) {
    this.hosts = ModuleTree.hosts(model);
    this.parameters = ModuleTree.ownParameters(model);
    boolean connected = false;
    for (AdapterHost host : hosts.values()) {
      connected |= guard.takeOver(host);
    }
    if (connected) {
      use(List.of());
    }
  }

  /** Makes the model compute through these adapters, one after the other. */
  void use(List<InstalledAdapter> adapters) {
    hosts.forEach((path, host) -> host.use(chain(path, adapters)));
    Map<String, Tensor> copies = new LinkedHashMap<>();
    adapters.forEach(adapter -> copies.putAll(adapter.replacements()));
    parameters.values().forEach(Parameter::restore);
    parameters.forEach((path, parameter) -> replace(parameter, copies.get(path)));
  }

  /** Like {@link #use}, with one more adapter on every linear layer, made for its path. */
  void useWatched(List<InstalledAdapter> adapters, Function<String, Adapter> watch) {
    use(adapters);
    hosts.forEach(
        (path, host) -> {
          if (host.kind() == SiteKind.LINEAR) {
            List<Trainable> chain = chain(path, adapters);
            chain.add(watch.apply(path));
            host.use(chain);
          }
        });
  }

  /** Makes the model send each sequence of a batch through one of these lists of adapters. */
  void mix(List<List<InstalledAdapter>> lists, List<Integer> assignment) {
    use(List.of());
    hosts.forEach(
        (path, host) ->
            host.mix(lists.stream().map(adapters -> chain(path, adapters)).toList(), assignment));
  }

  /** Paths of the layers that compute something else than their weight under these adapters. */
  Set<String> changedBy(List<InstalledAdapter> adapters) {
    return hosts.keySet().stream()
        .filter(path -> !chain(path, adapters).isEmpty())
        .collect(Collectors.toSet());
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

  private static void replace(Parameter parameter, @Nullable Tensor copy) {
    if (copy != null) {
      parameter.replace(copy);
    }
  }
}
