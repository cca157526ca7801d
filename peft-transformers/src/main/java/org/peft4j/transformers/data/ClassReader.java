package org.peft4j.transformers.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.transformers.text.TextEncoder;

/**
 * Reads texts with labels from the files that {@link ExampleReader} reads: rows {@code {"text",
 * "label"}}, the label being one of the names, or, where no name is a number, the number of one. A
 * text begins with the BOS token.
 */
public final class ClassReader {

  private static final int SHOWN = 10;
  private static final int LONGEST_NUMBER = 9;

  private final ExampleSettings settings;
  private final TokenSource tokens;
  private final List<String> labels;
  private final boolean numbered;

  /**
   * @param labels the names of the labels, in the order of their numbers
   */
  public ClassReader(TextEncoder encoder, ExampleSettings settings, List<String> labels) {
    this.settings = settings;
    this.tokens = new TokenSource(encoder, settings);
    this.labels = List.copyOf(labels);
    this.numbered = labels.stream().noneMatch(LabelNames::isWhole);
  }

  /**
   * All texts of a file.
   *
   * @throws ExampleFormatException if rows cannot be used, naming them
   * @throws IOException if the file cannot be read
   */
  public Rows<ClassExample> read(Path file) throws IOException {
    Reading reading = new Reading(settings);
    RowShape<ClassExample> shape =
        new LabelledShape<>(
            row -> new ClassExample(reading.cut(tokens.start(row, "text")), label(row)));
    try (DataFile data = DataFile.open(file, false)) {
      return new RowReader<>(settings, reading, List.of(shape)).read(data);
    }
  }

  private int label(Row row) throws BadLineException {
    String name = LabelNames.of(row);
    int number = labels.indexOf(name);
    if (number < 0 && numbered && LabelNames.isWhole(name) && name.length() < LONGEST_NUMBER) {
      number = Integer.parseInt(name);
    }
    if (number < 0 || number >= labels.size()) {
      throw row.wrong("label", "is " + Row.shown(row.get("label")) + ", none of the " + known());
    }
    return number;
  }

  private String known() {
    String names = String.join(", ", labels.subList(0, Math.min(SHOWN, labels.size())));
    return "%d labels: %s%s".formatted(labels.size(), names, labels.size() > SHOWN ? " ..." : "");
  }
}
