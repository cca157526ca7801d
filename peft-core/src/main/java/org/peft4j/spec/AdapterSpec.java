package org.peft4j.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.initializer.Initializer;

/**
 * An adapter as it is asked for: a method, where it goes and how it is initialized. Written as
 * {@code new AdapterSpec(config, targets).startedBy(...).saving(...)}.
 *
 * @param name what the adapter is called in the model; {@code default} is the one whose files lie
 *     at the top of a directory
 * @param config the method and its settings
 * @param placement where it goes
 * @param patterns ranks and alphas of single layers
 * @param initialization how its tensors start
 * @param info what its file says beyond how to compute with it
 */
public record AdapterSpec(
    String name,
    AdapterConfig config,
    Placement placement,
    LayerPatterns patterns,
    Initialization initialization,
    AdapterInfo info) {

  /** The name of an adapter that was given none. */
  public static final String DEFAULT_NAME = "default";

  /** The name that stands for the base alone; no adapter has it. */
  public static final String BASE = "__base__";

  public AdapterSpec {
    if (!name.matches("[^/\\\\:]*[^/\\\\:.\\s]") || name.equals(BASE)) {
      throw new IllegalArgumentException(
          "an adapter's name is that of its folder, but was \"" + name + "\"");
    }
  }

  /** The adapter {@code default} on {@code targets}, all else as usual. */
  public AdapterSpec(AdapterConfig config, TargetModules targets) {
    this(
        DEFAULT_NAME,
        config,
        new Placement(targets),
        LayerPatterns.NONE,
        Initialization.OWN,
        AdapterInfo.NONE);
  }

  /** The layers it goes to. */
  public TargetModules targets() {
    return placement.targets();
  }

  /** Layers it does not go to after all. */
  public Optional<TargetModules> exclude() {
    return placement.exclude();
  }

  /** Names of modules that are trained whole, beside the adapter, and saved with it. */
  public List<String> modulesToSave() {
    return placement.modulesToSave();
  }

  /** Ranks that differ: pattern of the path's end to rank; the first that matches wins. */
  public Map<String, Integer> rankPattern() {
    return patterns.ranks();
  }

  /** Alphas that differ: pattern of the path's end to alpha; the first that matches wins. */
  public Map<String, Double> alphaPattern() {
    return patterns.alphas();
  }

  /** The initializer of low-rank factors; the method's own way if empty. */
  public Optional<Initializer> initializer() {
    return initialization.initializer();
  }

  /** Seed of every random number. */
  public long seed() {
    return initialization.seed();
  }

  /** This spec under another name. */
  public AdapterSpec named(String name) {
    return new AdapterSpec(name, config, placement, patterns, initialization, info);
  }

  /** This spec with other settings. */
  public AdapterSpec configured(AdapterConfig config) {
    return new AdapterSpec(name, config, placement, patterns, initialization, info);
  }

  /** This spec placed elsewhere. */
  public AdapterSpec placed(Placement placement) {
    return new AdapterSpec(name, config, placement, patterns, initialization, info);
  }

  /** This spec on other layers. */
  public AdapterSpec targeting(TargetModules targets) {
    return placed(new Placement(targets, exclude(), modulesToSave()));
  }

  /** This spec on exactly these layers: nothing is excluded. */
  public AdapterSpec on(TargetModules.Names layers) {
    return placed(new Placement(layers, Optional.empty(), modulesToSave()));
  }

  /** This spec, but on none of {@code layers}. */
  public AdapterSpec excluding(TargetModules layers) {
    return placed(new Placement(targets(), Optional.of(layers), modulesToSave()));
  }

  /** This spec, training these modules whole. */
  public AdapterSpec saving(String... modules) {
    return placed(new Placement(targets(), exclude(), List.of(modules)));
  }

  /** This spec with ranks and alphas that differ by layer. */
  public AdapterSpec withPatterns(
      Map<String, Integer> rankPattern, Map<String, Double> alphaPattern) {
    LayerPatterns patterns = new LayerPatterns(rankPattern, alphaPattern);
    return new AdapterSpec(name, config, placement, patterns, initialization, info);
  }

  /** This spec, initialized otherwise. */
  public AdapterSpec initialized(Initialization initialization) {
    return new AdapterSpec(name, config, placement, patterns, initialization, info);
  }

  /** This spec from another seed. */
  public AdapterSpec seeded(long seed) {
    return initialized(new Initialization(initializer(), seed));
  }

  /** This spec, started by {@code initializer}. */
  public AdapterSpec startedBy(Initializer initializer) {
    return initialized(new Initialization(Optional.of(initializer), seed()));
  }

  /** This spec with {@code info} for its file. */
  public AdapterSpec describedBy(AdapterInfo info) {
    return new AdapterSpec(name, config, placement, patterns, initialization, info);
  }
}
