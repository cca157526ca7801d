package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.peft4j.transformers.model.Labels;

/** The labels that occur in a file of rows {@code {"text", "label"}}. */
public final class LabelNames {

  /** Whoever has more kinds of texts than this, and as many as half of all texts, has none. */
  private static final int MANY = 20;

  private LabelNames() {}

  /**
   * The different labels of a file, whole numbers by their size and all else by the alphabet.
   *
   * @param rules how rows are taken
   * @throws ExampleFormatException if rows cannot be used, naming them, or there are fewer than two
   *     labels, or so many that they cannot be labels
   * @throws IOException if the file cannot be read
   */
  public static List<String> in(Path file, RowRules rules) throws IOException {
    ExampleSettings settings =
        new ExampleSettings(2, 1, OptionalInt.empty(), OptionalInt.empty()).with(rules);
    List<String> all;
    try (DataFile data = DataFile.open(file, false)) {
      all =
          new RowReader<>(
                  settings, new Reading(settings), List.of(new LabelledShape<>(LabelNames::of)))
              .read(data)
              .list();
    }
    List<String> names = sorted(Set.copyOf(all));
    String named = "; name all there are with --labels";
    if (names.size() < 2) {
      throw new ExampleFormatException(
          "%s: every row has the label %s, so there is nothing to tell apart%s"
              .formatted(file, names.get(0), named));
    }
    if (names.size() > MANY && names.size() > all.size() / 2) {
      throw new ExampleFormatException(
          "%s: %d rows have %d different labels, which look like texts or measurements, such as %s%s"
              .formatted(file, all.size(), names.size(), names.get(0), named));
    }
    return names;
  }

  /**
   * The different labels of a file of rows {@code {"text", "label"}}, as what a classifier tells
   * apart.
   *
   * @throws IOException if rows cannot be used, naming them
   */
  public static Labels labels(Path file) throws IOException {
    return new Labels(in(file, new RowRules()));
  }

  private static List<String> sorted(Set<String> names) {
    Stream<String> all = names.stream();
    return names.stream().allMatch(LabelNames::isWhole)
        ? all.sorted(Comparator.comparing(BigInteger::new)).toList()
        : all.sorted().toList();
  }

  /** Whether a label is a whole number. */
  static boolean isWhole(String name) {
    return name.matches("-?[0-9]+");
  }

  /** The label of a row: a name, a number, true or false, without spaces around it. */
  static String of(Row row) throws BadLineException {
    JsonNode label = row.get("label");
    if (!label.isValueNode() || Row.isEmpty(label)) {
      throw row.wrong(
          "label",
          "must be a name or a number but is " + (label.isTextual() ? "blank" : Row.kind(label)));
    }
    return label.asText().strip();
  }
}
