package org.peft4j.transformers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What a classifier tells apart: the entries {@code num_labels}, {@code id2label} and {@code
 * label2id} of a Hugging Face {@code config.json}.
 *
 * @param names of the labels by their number; at least two, all different
 */
public record Labels(List<String> names) {

  private static final String SINGLE = "single_label_classification";

  public Labels {
    names = List.copyOf(names);
    if (names.size() < 2) {
      throw new IllegalArgumentException("there must be at least 2 labels but got " + names);
    }
    if (Set.copyOf(names).size() < names.size()) {
      throw new IllegalArgumentException("labels must have different names but got " + names);
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

  /** Those of a classifier's config; what is wrong becomes a problem of the config. */
  static Labels read(ModelConfig config) {
    String problemType = config.text("problem_type", SINGLE);
    if (!problemType.equals(SINGLE)) {
      config.problem("problem_type", "must be " + SINGLE + " but was " + problemType);
    }
    int count = config.positive("num_labels", 2);
    List<String> names =
        config.section("id2label").map(section -> names(config, section)).orElse(defaults(count));
    if (names.size() < 2) {
      config.problem("num_labels", "must be at least 2 but was " + names.size());
    } else if (Set.copyOf(names).size() < names.size()) {
      config.problem("id2label", "must give labels different names but was " + names);
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
      config.problem("id2label", "must number its labels 0, 1, 2 ... but was " + entries);
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
        "id2label",
        byNumber,
        "label2id",
        Collections.unmodifiableMap(byName),
        "problem_type",
        SINGLE);
  }
}
