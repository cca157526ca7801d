package org.peft4j.spec;

import java.util.List;
import java.util.Optional;

/**
 * Which layers of a model an adapter goes to, by Hugging Face PEFT's rules. Sealed because its file
 * format knows these three and no more.
 */
public sealed interface TargetModules {

  /** Whether the layer is meant. */
  boolean matches(Candidate candidate);

  /**
   * A layer that can be adapted.
   *
   * @param path its path in the model
   * @param isLinear whether it is a linear layer
   * @param isOutput whether it is the model's output layer
   */
  record Candidate(String path, boolean isLinear, boolean isOutput) {}

  /**
   * @throws IllegalArgumentException if {@code pattern} is no regular expression
   */
  private static void requirePattern(String what, String pattern) {
    try {
      PathPattern.of(pattern);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          what + " is not a regular expression: " + e.getMessage(), e);
    }
  }

  /** Layers whose path is, or ends in a dot and, one of these names. */
  static TargetModules names(String... names) {
    return new Names(List.of(names));
  }

  /** Layers whose whole path matches a regular expression. */
  static TargetModules regex(String pattern) {
    return new Regex(pattern);
  }

  /** Every linear layer but the output layer. */
  static TargetModules allLinear() {
    return new AllLinear();
  }

  /**
   * A list of names, optionally only in some of the model's numbered layers. An exact path is
   * matched in any layer.
   *
   * @param names paths or their last parts, at least one
   * @param layers the numbers of the layers to adapt; empty means all
   * @param layersPattern names of the list that holds the numbered layers, where "the first number"
   *     is not the right one; wants {@code layers}
   */
  record Names(List<String> names, List<Integer> layers, List<String> layersPattern)
      implements TargetModules {

    /** Every one is tried at every layer. */
    private static final int MOST_LISTS = 64;

    private static final String NUMBER = "layer_number";

    public Names {
      names = List.copyOf(names);
      layers = List.copyOf(layers);
      layersPattern = List.copyOf(layersPattern);
      if (names.isEmpty()) {
        throw new IllegalArgumentException("no target modules given; name some, or use all-linear");
      }
      if (!layersPattern.isEmpty() && layers.isEmpty()) {
        throw new IllegalArgumentException(
            "layers_pattern " + layersPattern + " wants layers_to_transform, which is empty");
      }
      if (layersPattern.size() > MOST_LISTS) {
        throw new IllegalArgumentException(
            "layers_pattern may name "
                + MOST_LISTS
                + " lists of layers but names "
                + layersPattern.size());
      }
      for (String list : layersPattern) {
        requirePattern("layers pattern", place(list));
      }
    }

    public Names(List<String> names) {
      this(names, List.of(), List.of());
    }

    @Override
    public boolean matches(Candidate candidate) {
      return names.stream().anyMatch(name -> matches(name, candidate.path()));
    }

    /** Whether one of the names means the layer at {@code path}. */
    public boolean matches(String name, String path) {
      return path.equals(name) || (path.endsWith("." + name) && isInALayer(path));
    }

    /** Reads {@code [q_proj, v_proj] in layers [0, 1] of [h]}. */
    @Override
    public String toString() {
      return names + limits();
    }

    /** What limits the names to some layers, for messages; empty where nothing does. */
    public String limits() {
      return (layers.isEmpty() ? "" : " in layers " + layers)
          + (layersPattern.isEmpty() ? "" : " of " + layersPattern);
    }

    private boolean isInALayer(String path) {
      if (layers.isEmpty()) {
        return true;
      }
      return layerNumber(path).map(layers::contains).orElse(false);
    }

    private Optional<Integer> layerNumber(String path) {
      List<String> places =
          layersPattern.isEmpty()
              ? List.of(".*?\\.[^.]*")
              : layersPattern.stream().map(Names::place).toList();
      return places.stream()
          .flatMap(place -> numberAfter(place).groupAtStart(path, NUMBER).stream())
          .findFirst()
          .filter(digits -> digits.length() < 10)
          .map(Integer::valueOf);
    }

    private static String place(String list) {
      return ".*?\\.(?:" + list + ")";
    }

    private static PathPattern numberAfter(String place) {
      return PathPattern.of(place + "\\.(?P<" + NUMBER + ">\\d+)\\.");
    }
  }

  /**
   * A regular expression for the whole path.
   *
   * <p>Matching gives up after a bounded number of steps, with an {@link IllegalArgumentException}.
   *
   * @param pattern in Python's syntax
   */
  record Regex(String pattern) implements TargetModules {

    public Regex {
      requirePattern("target modules pattern", pattern);
    }

    @Override
    public boolean matches(Candidate candidate) {
      return PathPattern.of(pattern).matches(candidate.path());
    }

    @Override
    public String toString() {
      return pattern;
    }
  }

  /** Every linear layer but the output layer. */
  record AllLinear() implements TargetModules {

    @Override
    public boolean matches(Candidate candidate) {
      return candidate.isLinear() && !candidate.isOutput();
    }

    @Override
    public String toString() {
      return "all-linear";
    }
  }
}
