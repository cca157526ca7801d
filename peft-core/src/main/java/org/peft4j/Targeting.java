package org.peft4j;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.Ranked;
import org.peft4j.io.Excerpt;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Model;
import org.peft4j.nn.Module;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.SiteKind;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.PathPattern;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tensor;

/**
 * Finds the layers, modules and tensors that a spec means in one model, and says clearly when it
 * means none.
 */
final class Targeting {

  /** Of matching all patterns of ranks and alphas with all layers. */
  private static final int PATTERN_STEPS = 100_000_000;

  private final AdapterSpec spec;
  private final boolean lenient;
  private final List<String> notes = new ArrayList<>();
  private final PathPattern.Budget budget = new PathPattern.Budget(PATTERN_STEPS);
  private final Map<PathPattern, Integer> ranks;
  private final Map<PathPattern, Double> alphas;
  private final Map<String, Module> modules;
  private final Map<String, AdapterHost> hosts;
  private final Model<?> model;

  Targeting(AdapterSpec spec, Model<?> model) {
    this(spec, model, false);
  }

  /**
   * @param lenient whether names and exclusions that mean nothing here are noted where others mean
   *     something, instead of refused: in a file they may be meant for other parts of a larger
   *     model
   */
  Targeting(AdapterSpec spec, Model<?> model, boolean lenient) {
    this.spec = spec;
    this.lenient = lenient;
    this.ranks = compiled("rank_pattern", spec.rankPattern());
    this.alphas = compiled("alpha_pattern", spec.alphaPattern());
    this.model = model;
    this.modules = ModuleTree.modules(model);
    this.hosts = ModuleTree.hosts(model);
  }

  private static <T> Map<PathPattern, T> compiled(String key, Map<String, T> patterns) {
    Map<PathPattern, T> compiled = new LinkedHashMap<>();
    patterns.forEach(
        (pattern, value) -> {
          try {
            compiled.put(PathPattern.of("(.*\\.)?(" + pattern + ")$"), value);
          } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                key + " is not a regular expression: " + e.getMessage(), e);
          }
        });
    return compiled;
  }

  /** What is worth telling about what the spec says and the model does not have. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /** The layers that get an adapter, by path. */
  Map<String, AdapterHost> layers() {
    requireFound(hosts);
    Map<String, AdapterHost> layers = new LinkedHashMap<>();
    hosts.forEach(
        (path, host) -> {
          if (isMeant(path, host)) {
            layers.put(path, host);
          }
        });
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(nothingMatched(hosts));
    }
    notePatterns("rank_pattern", spec.rankPattern().keySet(), ranks.keySet(), layers.keySet());
    notePatterns("alpha_pattern", spec.alphaPattern().keySet(), alphas.keySet(), layers.keySet());
    return layers;
  }

  private void notePatterns(
      String key, Set<String> texts, Set<PathPattern> patterns, Set<String> layers) {
    Iterator<String> text = texts.iterator();
    for (PathPattern pattern : patterns) {
      String name = text.next();
      if (layers.stream().noneMatch(path -> pattern.matches(path, budget))) {
        List<String> close = CloseNames.of(name, layers);
        notes.add(
            "%s %s matches no adapted layer, so it changes nothing%s"
                .formatted(
                    key,
                    Excerpt.of(name),
                    close.isEmpty() ? "" : "; did it mean " + String.join(" or ", close) + "?"));
      }
    }
  }

  /**
   * The tensors that may train whole without any layer getting an adapter, each once, by the path
   * where it comes first. One that is shared is meant, excluded or saved where any module that has
   * it is.
   */
  Map<String, Parameter> tensors() {
    requireFound(modules);
    Set<Tensor> left = shared(this::isMeant);
    left.removeAll(shared(path -> spec.exclude().stream().anyMatch(e -> matches(e, path))));
    left.removeAll(shared(this::isSaved));
    Map<String, Parameter> tensors = ModuleTree.parameters(model);
    tensors.values().removeIf(parameter -> !left.contains(parameter.pretrained()));
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException(nothingMatched(modules));
    }
    return tensors;
  }

  private Set<Tensor> shared(Predicate<String> byPath) {
    Set<Tensor> tensors = Collections.newSetFromMap(new IdentityHashMap<>());
    ModuleTree.ownParameters(model)
        .forEach(
            (path, parameter) -> {
              if (byPath.test(path)) {
                tensors.add(parameter.pretrained());
              }
            });
    return tensors;
  }

  private boolean isMeant(String tensor) {
    return spec.targets() instanceof TargetModules.AllLinear || matches(spec.targets(), tensor);
  }

  /** Whether one of the modules around the tensor is matched. */
  private boolean matches(TargetModules targets, String tensor) {
    return modules.entrySet().stream()
        .filter(e -> e.getKey().isEmpty() || tensor.startsWith(e.getKey() + "."))
        .anyMatch(e -> targets.matches(candidate(e.getKey(), e.getValue())));
  }

  /** The modules to train whole, by path. */
  Map<String, Module> saved() {
    Map<String, Module> saved = new LinkedHashMap<>();
    for (String name : spec.modulesToSave()) {
      Map<String, Module> named = named(name);
      if (named.isEmpty() && !TaskModules.mayBeAbsent(name, spec)) {
        refuseOrNote(
            "modules_to_save %s matches no module".formatted(Excerpt.of(name)),
            "; the model has " + endings(modules));
      }
      saved.putAll(named);
    }
    return saved;
  }

  private Map<String, Module> named(String name) {
    Map<String, Module> named = new LinkedHashMap<>(modules);
    named.keySet().removeIf(path -> !isNamed(name, path));
    return named;
  }

  /** The config for one layer, with the rank and alpha that the patterns give it. */
  AdapterConfig configFor(String path) {
    return spec.config()
        .ranked()
        .<AdapterConfig>map(config -> matched(config, path))
        .orElse(spec.config());
  }

  private Ranked matched(Ranked config, String path) {
    int rank = firstMatch(ranks, path, config.rank());
    return config.with(rank, firstMatch(alphas, path, config.alpha()));
  }

  private boolean isMeant(String path, AdapterHost host) {
    TargetModules.Candidate candidate = candidate(path, host);
    boolean excluded = spec.exclude().map(exclude -> exclude.matches(candidate)).orElse(false);
    return spec.targets().matches(candidate) && !excluded && !isSaved(path);
  }

  private boolean isSaved(String path) {
    return spec.modulesToSave().stream().anyMatch(name -> isInside(name, path));
  }

  private TargetModules.Candidate candidate(String path, Module module) {
    boolean linear = module instanceof AdapterHost host && host.kind() == SiteKind.LINEAR;
    return new TargetModules.Candidate(path, linear, model.outputLayers().contains(path));
  }

  /** Every name, and the exclusion, has to mean one of the candidates. */
  private void requireFound(Map<String, ? extends Module> candidates) {
    if (spec.targets() instanceof TargetModules.Names names) {
      requireAllFound(names, candidates);
    }
    spec.exclude().ifPresent(exclude -> requireExclusion(exclude, candidates));
  }

  private void requireExclusion(TargetModules exclude, Map<String, ? extends Module> candidates) {
    boolean excludes =
        candidates.entrySet().stream()
            .anyMatch(e -> exclude.matches(candidate(e.getKey(), e.getValue())));
    if (!excludes) {
      refuseOrNote(
          "exclude_modules " + Excerpt.of(exclude.toString()) + " excludes nothing",
          "; the model has " + endings(candidates));
    }
  }

  private void requireAllFound(
      TargetModules.Names names, Map<String, ? extends Module> candidates) {
    List<String> missing = new ArrayList<>();
    for (String name : names.names()) {
      if (candidates.keySet().stream().noneMatch(path -> names.matches(name, path))) {
        missing.add(name + hint(name, candidates));
      }
    }
    if (lenient && missing.size() < names.names().size()) {
      if (!missing.isEmpty()) {
        notes.add(
            "of the %d names in target_modules %d match no layer here: %s"
                .formatted(names.names().size(), missing.size(), Excerpt.list(missing)));
      }
    } else if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "no target module matched "
              + Excerpt.list(missing)
              + Excerpt.of(names.limits())
              + "; the model has "
              + endings(candidates));
    }
  }

  private String hint(String name, Map<String, ? extends Module> candidates) {
    return modules.entrySet().stream()
        .filter(entry -> isNamed(name, entry.getKey()) && !candidates.containsKey(entry.getKey()))
        .findFirst()
        .map(
            entry ->
                " (a "
                    + entry.getValue().getClass().getSimpleName()
                    + ", which has no weight to adapt)")
        .orElse("");
  }

  private String nothingMatched(Map<String, ? extends Module> candidates) {
    return "no layer is left to adapt: targets "
        + Excerpt.of(spec.targets().toString())
        + spec.exclude().map(exclude -> ", excluded " + Excerpt.of(exclude.toString())).orElse("")
        + (spec.modulesToSave().isEmpty()
            ? ""
            : ", trained whole " + Excerpt.list(spec.modulesToSave()))
        + "; the model has "
        + endings(candidates);
  }

  /** The distinct last names, each with its count: {@code q_proj (5), k_proj (5)}. */
  private static String endings(Map<String, ? extends Module> found) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    found.keySet().stream()
        .map(path -> path.substring(path.lastIndexOf('.') + 1))
        .filter(name -> !name.isEmpty() && !Character.isDigit(name.charAt(0)))
        .forEach(name -> counts.merge(name, 1, Integer::sum));
    List<String> all =
        new TreeMap<>(counts)
            .entrySet().stream().map(e -> e.getKey() + " (" + e.getValue() + ")").toList();
    String listed = Excerpt.list(all);
    return listed.substring(1, listed.length() - 1);
  }

  private <T> T firstMatch(Map<PathPattern, T> patterns, String path, T otherwise) {
    return patterns.entrySet().stream()
        .filter(entry -> entry.getKey().matches(path, budget))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(otherwise);
  }

  private void refuseOrNote(String what, String more) {
    if (!lenient) {
      throw new IllegalArgumentException(what + more);
    }
    notes.add(what);
  }

  private static boolean isNamed(String name, String path) {
    return path.equals(name) || path.endsWith("." + name);
  }

  private static boolean isInside(String name, String path) {
    return isNamed(name, path) || path.startsWith(name + ".") || path.contains("." + name + ".");
  }
}
