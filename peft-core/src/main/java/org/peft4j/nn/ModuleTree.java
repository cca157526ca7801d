package org.peft4j.nn;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.peft4j.kernel.Closing;
import org.peft4j.tensor.Tensor;

/** Walks a tree of modules with their paths, parents before children. */
public final class ModuleTree {

  private ModuleTree() {}

  /** Every module below and including {@code root}, by path; the root's is empty. */
  public static Map<String, Module> modules(Module root) {
    Map<String, Module> modules = new LinkedHashMap<>();
    walk("", root, modules::put);
    return modules;
  }

  /** Every layer that can be adapted, by path. */
  public static Map<String, AdapterHost> hosts(Module root) {
    Map<String, AdapterHost> hosts = new LinkedHashMap<>();
    walk(
        "",
        root,
        (path, module) -> {
          if (module instanceof AdapterHost host) {
            hosts.put(path, host);
          }
        });
    return hosts;
  }

  /** Every parameter of every module by path. */
  public static Map<String, Parameter> ownParameters(Module root) {
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    walk(
        "",
        root,
        (path, module) ->
            module.parameters().forEach((name, p) -> parameters.put(join(path, name), p)));
    return parameters;
  }

  /**
   * Every pretrained tensor once, by the path where it comes first: tied parameters share theirs.
   */
  public static Map<String, Parameter> parameters(Module root) {
    Map<String, Parameter> parameters = ownParameters(root);
    Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    parameters.values().removeIf(parameter -> !seen.add(parameter.pretrained()));
    return parameters;
  }

  /** Frees all tensors of a model: what is left of it refuses to compute. */
  public static void close(Module root) {
    Closing.all(
        ownParameters(root).values().stream()
            .<Runnable>map(parameter -> parameter::close)
            .toArray(Runnable[]::new));
  }

  /** Frees the tensors of a model that {@code other}, which goes on, does not share. */
  public static void closeApartFrom(Module other, Module root) {
    Set<Tensor> shared = Collections.newSetFromMap(new IdentityHashMap<>());
    ownParameters(other).values().forEach(parameter -> shared.add(parameter.pretrained()));
    for (Parameter parameter : ownParameters(root).values()) {
      if (shared.contains(parameter.pretrained())) {
        parameter.unprepare();
      } else {
        parameter.close();
      }
    }
  }

  /** {@code parent.name}, or {@code name} below the root. */
  public static String join(String parent, String name) {
    return parent.isEmpty() ? name : parent + "." + name;
  }

  private static void walk(String path, Module module, BiConsumer<String, Module> visitor) {
    visitor.accept(path, module);
    module.children().forEach((name, child) -> walk(join(path, name), child, visitor));
  }
}
