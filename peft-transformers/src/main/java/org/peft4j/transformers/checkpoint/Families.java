package org.peft4j.transformers.checkpoint;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.peft4j.io.AdapterFormatException;

/** The families of models there are. */
final class Families {

  private Families() {}

  /**
   * The family that a config names.
   *
   * @throws AdapterFormatException if there is none of that name, naming those there are
   */
  static ModelFamily of(ModelConfig config) throws AdapterFormatException {
    Optional<ModelFamily> found = find(config);
    if (found.isEmpty()) {
      Set<String> known =
          all().stream()
              .flatMap(family -> family.modelTypes().stream())
              .collect(Collectors.toCollection(TreeSet::new));
      config.problem(
          "model_type",
          config.has("model_type")
              ? "must be one of " + known + " but was " + config.text("model_type", "")
              : "is missing; it must be one of " + known);
      config.requireNoProblems();
    }
    return found.orElseThrow();
  }

  /** The family that a config names; empty if none has that name. */
  static Optional<ModelFamily> find(ModelConfig config) {
    String type = config.text("model_type", "");
    return all().stream().filter(family -> family.modelTypes().contains(type)).findFirst();
  }

  private static List<ModelFamily> all() {
    return ServiceLoader.load(ModelFamily.class, Families.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }
}
