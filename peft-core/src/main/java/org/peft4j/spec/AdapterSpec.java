package org.peft4j.spec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.initializer.Initializer;

/**
 * An adapter as it is asked for: a method, where it goes and how it starts.
 *
 * @param name what the adapter is called in the model; {@code default} is the one whose files lie
 *     at the top of a directory
 * @param config the method and its settings
 * @param targets the layers it goes to
 * @param exclude layers it does not go to after all
 * @param modulesToSave names of modules that are trained whole, beside the adapter, and saved with
 *     it
 * @param rankPattern ranks that differ: pattern of the path's end to rank; the first that matches
 *     wins
 * @param alphaPattern alphas that differ, likewise
 * @param initializer how low-rank factors start; the method's own start if empty
 * @param seed of every random number
 * @param info what its file says beyond how to compute with it
 */
public record AdapterSpec(
    String name,
    AdapterConfig config,
    TargetModules targets,
    Optional<TargetModules> exclude,
    List<String> modulesToSave,
    Map<String, Integer> rankPattern,
    Map<String, Double> alphaPattern,
    Optional<Initializer> initializer,
    long seed,
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
    modulesToSave = List.copyOf(modulesToSave);
    rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
    alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
  }

  /** The adapter {@code default} on {@code targets}, all else as usual. */
  public AdapterSpec(AdapterConfig config, TargetModules targets) {
    this(
        DEFAULT_NAME,
        config,
        targets,
        Optional.empty(),
        List.of(),
        Map.of(),
        Map.of(),
        Optional.empty(),
        0,
        AdapterInfo.NONE);
  }

  /** This spec under another name. */
  public AdapterSpec named(String name) {
    return new AdapterSpec(
        name,
        config,
        targets,
        exclude,
        modulesToSave,
        rankPattern,
        alphaPattern,
        initializer,
        seed,
        info);
  }

  /** This spec with other settings. */
  public AdapterSpec configured(AdapterConfig config) {
    return new AdapterSpec(
        name,
        config,
        targets,
        exclude,
        modulesToSave,
        rankPattern,
        alphaPattern,
        initializer,
        seed,
        info);
  }

  /** This spec on other layers. */
  public AdapterSpec targeting(TargetModules targets) {
    return new AdapterSpec(
        name,
        config,
        targets,
        exclude,
        modulesToSave,
        rankPattern,
        alphaPattern,
        initializer,
        seed,
        info);
  }

  /** This spec on exactly these layers: nothing is excluded. */
  public AdapterSpec on(TargetModules.Names layers) {
    return new AdapterSpec(
        name,
        config,
        layers,
        Optional.empty(),
        modulesToSave,
        rankPattern,
        alphaPattern,
        initializer,
        seed,
        info);
  }

  /** This spec with ranks and alphas that differ by layer. */
  public AdapterSpec withPatterns(
      Map<String, Integer> rankPattern, Map<String, Double> alphaPattern) {
    return new AdapterSpec(
        name,
        config,
        targets,
        exclude,
        modulesToSave,
        rankPattern,
        alphaPattern,
        initializer,
        seed,
        info);
  }

  /** This spec from another seed. */
  public AdapterSpec seeded(long seed) {
    return new AdapterSpec(
        name,
        config,
        targets,
        exclude,
        modulesToSave,
        rankPattern,
        alphaPattern,
        initializer,
        seed,
        info);
  }

  /** This spec, started by {@code initializer}. */
  public AdapterSpec startedBy(Initializer initializer) {
    return new AdapterSpec(
        name,
        config,
        targets,
        exclude,
        modulesToSave,
        rankPattern,
        alphaPattern,
        Optional.of(initializer),
        seed,
        info);
  }

  /** This spec, training these modules whole. */
  public AdapterSpec saving(String... modules) {
    return new AdapterSpec(
        name,
        config,
        targets,
        exclude,
        List.of(modules),
        rankPattern,
        alphaPattern,
        initializer,
        seed,
        info);
  }

  /** This spec with {@code info} for its file. */
  public AdapterSpec describedBy(AdapterInfo info) {
    return new AdapterSpec(
        name,
        config,
        targets,
        exclude,
        modulesToSave,
        rankPattern,
        alphaPattern,
        initializer,
        seed,
        info);
  }
}
