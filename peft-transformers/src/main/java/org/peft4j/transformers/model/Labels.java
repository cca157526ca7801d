package org.peft4j.transformers.model;

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
    return new Labels(unnamed(count));
  }

  /** Labels of these names. */
  public static Labels of(String... names) {
    return new Labels(List.of(names));
  }

  /** The names that Hugging Face gives to so many labels without one. */
  public static List<String> unnamed(int count) {
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

  /**
   * The number of the likeliest label, of several the first, by scores of which that of label 0
   * stands at {@code from}.
   */
  public int likeliest(double[] scores, int from) {
    int largest = 0;
    for (int i = 1; i < names.size(); i++) {
      largest = scores[from + i] > scores[from + largest] ? i : largest;
    }
    return largest;
  }

  /**
   * Refuses numbers that are no label's.
   *
   * @param labels the number of each sequence's label
   * @throws IllegalArgumentException if there is one
   */
  public void requireKnown(int[] labels) {
    for (int s = 0; s < labels.length; s++) {
      if (labels[s] < 0 || labels[s] >= names.size()) {
        throw new IllegalArgumentException(
            "label %d of sequence %d is none of the model's %d labels"
                .formatted(labels[s], s, names.size()));
      }
    }
  }

  /** What a config says of them: its entries. */
  public Map<String, Object> settings() {
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
