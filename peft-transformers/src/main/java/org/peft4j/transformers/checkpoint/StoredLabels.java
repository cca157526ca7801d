package org.peft4j.transformers.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.store.StoredAdapter;
import org.peft4j.transformers.model.Labels;

/** Reads the labels of classifiers, from their configs and from what lies beside adapters. */
public final class StoredLabels {

  private static final String BY_NUMBER = "id2label";
  private static final String SINGLE = "single_label_classification";

  private StoredLabels() {}

  /**
   * The labels of a classifier's adapter: what lies beside it says their names; else they are the
   * model's where it has as many, or have the names that Hugging Face gives to labels without one.
   *
   * @param model that it is for
   * @throws AdapterFormatException if files are wrong, or the adapter has no output layer
   */
  public static Labels ofAdapter(StoredAdapter stored, Path model) throws IOException {
    Path adapter = stored.folder();
    int count = AdapterHead.labels(stored);
    Optional<Labels> named = beside(adapter);
    if (named.isPresent()) {
      if (named.get().size() != count) {
        throw new AdapterFormatException(
            adapter,
            "names %d labels, but the adapter's output layer has %d rows; put the file of its labels back"
                .formatted(named.get().size(), count));
      }
      return named.get();
    }
    ModelConfig config = ModelConfig.read(model);
    return config
            .section(BY_NUMBER)
            .map(ModelConfig::entries)
            .filter(names -> names.size() == count)
            .isPresent()
        ? read(config)
        : Labels.of(count);
  }

  /**
   * The labels that an adapter's folder names: in {@link Labels#FILE_NAME}, or in a {@code
   * config.json} that somebody has put there.
   *
   * @throws AdapterFormatException if the file is wrong
   */
  public static Optional<Labels> beside(Path adapter) throws IOException {
    for (String name : List.of(Labels.FILE_NAME, ModelConfig.FILE_NAME)) {
      if (Files.exists(adapter.resolve(name))) {
        ModelConfig file = ModelConfig.of(adapter.resolve(name));
        if (file.has(BY_NUMBER)) {
          Labels labels = read(file);
          file.requireNoProblems();
          return Optional.of(labels);
        }
      }
    }
    return Optional.empty();
  }

  /** The labels of a classifier's config; what is wrong becomes a problem of the config. */
  static Labels read(ModelConfig config) {
    String problemType = config.text("problem_type", SINGLE);
    if (!problemType.equals(SINGLE)) {
      config.problem("problem_type", "must be " + SINGLE + " but was " + problemType);
    }
    int count = config.positive("num_labels", 2);
    List<String> names =
        config
            .section(BY_NUMBER)
            .map(section -> names(config, section))
            .orElse(Labels.unnamed(count));
    if (names.size() < 2) {
      config.problem("num_labels", "must be at least 2 but was " + names.size());
    } else if (Set.copyOf(names).size() < names.size()) {
      config.problem(BY_NUMBER, "must give labels different names but was " + names);
    } else if (names.stream().anyMatch(String::isBlank)) {
      config.problem(BY_NUMBER, "must give every label a name but was " + names);
    } else {
      return new Labels(names);
    }
    return Labels.of(2);
  }

  /** An object whose keys are 0, 1, 2 ... in any order. */
  private static List<String> names(ModelConfig config, ModelConfig section) {
    ObjectNode entries = section.entries();
    List<String> names = new ArrayList<>();
    for (int i = 0; entries.has(String.valueOf(i)); i++) {
      names.add(section.text(String.valueOf(i), "?"));
    }
    if (names.size() != entries.size()) {
      config.problem(BY_NUMBER, "must number its labels 0, 1, 2 ... but was " + entries);
    }
    return names;
  }
}
