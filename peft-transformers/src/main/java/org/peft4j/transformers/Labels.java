package org.peft4j.transformers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.transformers.data.LabelNames;
import org.peft4j.transformers.data.RowRules;

/**
 * What a classifier tells apart: the entries {@code num_labels}, {@code id2label} and {@code
 * label2id} of a Hugging Face {@code config.json}.
 *
 * @param names of the labels by their number; at least two, all different and none blank
 */
public record Labels(List<String> names) {

  /**
   * The file of them beside an adapter: the entries of a {@code config.json} that tell of labels,
   * for which PEFT's own file has no place.
   */
  public static final String FILE_NAME = "labels.json";

  private static final String BY_NUMBER = "id2label";
  private static final String SINGLE = "single_label_classification";

  public Labels {
    names = List.copyOf(names);
    if (names.size() < 2) {
      throw new IllegalArgumentException("there must be at least 2 labels but got " + names);
    }
    if (Set.copyOf(names).size() < names.size()) {
      throw new IllegalArgumentException("labels must have different names but got " + names);
    }
    if (names.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException("no label may be blank but got " + names);
    }
  }

  /** So many labels, with the names that Hugging Face gives to labels without one. */
  public static Labels of(int count) {
    return new Labels(defaults(count));
  }

  /** Labels of these names. */
  public static Labels of(String... names) {
    return new Labels(List.of(names));
  }

  /**
   * Those that occur in a file of rows {@code {"text", "label"}}; see {@link LabelNames#in}.
   *
   * @throws IOException if rows cannot be used, naming them
   */
  public static Labels in(Path file) throws IOException {
    return new Labels(LabelNames.in(file, new RowRules()));
  }

  /**
   * Those of a classifier's adapter: what lies beside it says their names; else they are the
   * model's where it has as many, or have the names that Hugging Face gives to labels without one.
   *
   * @param model that it is for
   * @throws AdapterFormatException if files are wrong, or the adapter has no output layer
   */
  public static Labels ofAdapter(Path adapter, Path model) throws IOException {
    int count = AdapterHead.labels(adapter);
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
        : of(count);
  }

  /**
   * Those that an adapter's folder names: in {@link #FILE_NAME}, or in a {@code config.json} that
   * somebody has put there.
   *
   * @throws AdapterFormatException if the file is wrong
   */
  public static Optional<Labels> beside(Path adapter) throws IOException {
    for (String name : List.of(FILE_NAME, ModelConfig.FILE_NAME)) {
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

  /** Those of a classifier's config; what is wrong becomes a problem of the config. */
  static Labels read(ModelConfig config) {
    String problemType = config.text("problem_type", SINGLE);
    if (!problemType.equals(SINGLE)) {
      config.problem("problem_type", "must be " + SINGLE + " but was " + problemType);
    }
    int count = config.positive("num_labels", 2);
    List<String> names =
        config.section(BY_NUMBER).map(section -> names(config, section)).orElse(defaults(count));
    if (names.size() < 2) {
      config.problem("num_labels", "must be at least 2 but was " + names.size());
    } else if (Set.copyOf(names).size() < names.size()) {
      config.problem(BY_NUMBER, "must give labels different names but was " + names);
    } else if (names.stream().anyMatch(String::isBlank)) {
      config.problem(BY_NUMBER, "must give every label a name but was " + names);
    } else {
      return new Labels(names);
    }
    return of(2);
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

  private static List<String> defaults(int count) {
    return IntStream.range(0, count).mapToObj(i -> "LABEL_" + i).toList();
  }

  /** How many there are. */
  public int size() {
    return names.size();
  }

  /** The label of that number. */
  public String name(int label) {
    return names.get(label);
  }

  /**
   * The number of the label of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public int number(String name) {
    int number = names.indexOf(name);
    if (number < 0) {
      throw new IllegalArgumentException(
          "there is no label \"" + name + "\"; the labels are " + names);
    }
    return number;
  }

  void requireKnown(int[] labels) {
    for (int s = 0; s < labels.length; s++) {
      if (labels[s] < 0 || labels[s] >= names.size()) {
        throw new IllegalArgumentException(
            "label %d of sequence %d is none of the model's %d labels"
                .formatted(labels[s], s, names.size()));
      }
    }
  }

  /** What a config says of them. */
  Map<String, Object> settings() {
    Map<String, String> byNumber = new LinkedHashMap<>();
    Map<String, Integer> byName = new TreeMap<>();
    for (int i = 0; i < names.size(); i++) {
      byNumber.put(String.valueOf(i), names.get(i));
      byName.put(names.get(i), i);
    }
    return Map.of(
        "num_labels",
        names.size(),
        BY_NUMBER,
        byNumber,
        "label2id",
        Collections.unmodifiableMap(byName),
        "problem_type",
        SINGLE);
  }
}
