package org.peft4j;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.Ranked;
import org.peft4j.adapter.SiteKind;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Model;
import org.peft4j.nn.Module;
import org.peft4j.nn.ModuleTree;

/**
 * Finds the layers and modules that a spec means in one model, and says clearly when it means none.
 */
final class Targeting {

  private final AdapterSpec spec;
  private final Map<String, Module> modules;
  private final Map<String, AdapterHost> hosts;
  private final Model<?> model;

  Targeting(AdapterSpec spec, Model<?> model) {
    this.spec = spec;
    this.model = model;
    this.modules = ModuleTree.modules(model);
    this.hosts = ModuleTree.hosts(model);
  }

  /** The layers that get an adapter, by path. */
  Map<String, AdapterHost> layers() {
    if (spec.targets() instanceof TargetModules.Names names) {
      requireAllFound(names);
    }
    spec.exclude().ifPresent(this::requireExclusion);
    Map<String, AdapterHost> layers = new LinkedHashMap<>();
    hosts.forEach(
        (path, host) -> {
          if (isMeant(path, host)) {
            layers.put(path, host);
          }
        });
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(nothingMatched());
    }
    return layers;
  }

  /** The modules to train whole, by path. */
  Map<String, Module> saved() {
    Map<String, Module> saved = new LinkedHashMap<>();
    for (String name : spec.modulesToSave()) {
      int before = saved.size();
      modules.forEach(
          (path, module) -> {
            if (isNamed(name, path)) {
              saved.put(path, module);
            }
          });
      if (saved.size() == before) {
        throw new IllegalArgumentException(
            "modules_to_save " + name + " matches no module; the model has " + endings(modules));
      }
    }
    return saved;
  }

  /** The config for one layer, with the rank and alpha that the patterns give it. */
  AdapterConfig configFor(String path) {
    if (!(spec.config() instanceof Ranked ranked)) {
      return spec.config();
    }
    int rank = firstMatch(spec.rankPattern(), path, ranked.rank());
    double alpha = firstMatch(spec.alphaPattern(), path, ranked.alpha());
    return ranked.with(rank, alpha);
  }

  private boolean isMeant(String path, AdapterHost host) {
    TargetModules.Candidate candidate = candidate(path, host);
    boolean excluded = spec.exclude().map(exclude -> exclude.matches(candidate)).orElse(false);
    boolean savedWhole = spec.modulesToSave().stream().anyMatch(name -> isInside(name, path));
    return spec.targets().matches(candidate) && !excluded && !savedWhole;
  }

  private TargetModules.Candidate candidate(String path, AdapterHost host) {
    return new TargetModules.Candidate(
        path, host.kind() == SiteKind.LINEAR, model.outputLayers().contains(path));
  }

  private void requireExclusion(TargetModules exclude) {
    boolean excludes =
        hosts.entrySet().stream()
            .anyMatch(e -> exclude.matches(candidate(e.getKey(), e.getValue())));
    if (!excludes) {
      throw new IllegalArgumentException(
          "exclude_modules " + exclude + " excludes nothing; the model has " + endings(hosts));
    }
  }

  private void requireAllFound(TargetModules.Names names) {
    List<String> missing = new ArrayList<>();
    for (String name : names.names()) {
      if (hosts.keySet().stream().noneMatch(path -> names.matches(name, path))) {
        missing.add(name + hint(name));
      }
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "no target module matched "
              + missing
              + names.limits()
              + "; the model has "
              + endings(hosts));
    }
  }

  private String hint(String name) {
    return modules.entrySet().stream()
        .filter(entry -> isNamed(name, entry.getKey()) && !hosts.containsKey(entry.getKey()))
        .findFirst()
        .map(
            entry ->
                " (a "
                    + entry.getValue().getClass().getSimpleName()
                    + ", which has no weight to adapt)")
        .orElse("");
  }

  private String nothingMatched() {
    return "no layer is left to adapt: targets "
        + spec.targets()
        + spec.exclude().map(exclude -> ", excluded " + exclude).orElse("")
        + (spec.modulesToSave().isEmpty() ? "" : ", trained whole " + spec.modulesToSave())
        + "; the model has "
        + endings(hosts);
  }

  /** The distinct last names, each with its count: {@code q_proj (5), k_proj (5)}. */
  private static String endings(Map<String, ? extends Module> found) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    found.keySet().stream()
        .map(path -> path.substring(path.lastIndexOf('.') + 1))
        .filter(name -> !name.isEmpty() && !Character.isDigit(name.charAt(0)))
        .forEach(name -> counts.merge(name, 1, Integer::sum));
    return String.join(
        ", ",
        new TreeMap<>(counts)
            .entrySet().stream().map(e -> e.getKey() + " (" + e.getValue() + ")").toList());
  }

  private static <T> T firstMatch(Map<String, T> patterns, String path, T otherwise) {
    return patterns.entrySet().stream()
        .filter(entry -> Pattern.matches("(.*\\.)?(" + entry.getKey() + ")", path))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(otherwise);
  }

  private static boolean isNamed(String name, String path) {
    return path.equals(name) || path.endsWith("." + name);
  }

  private static boolean isInside(String name, String path) {
    return isNamed(name, path) || path.startsWith(name + ".") || path.contains("." + name + ".");
  }
}
