package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Reads texts with labels from the files that {@link ExampleReader} reads: rows {@code {"text",
 * "label"}}, the label being one of the names, or its number. A text begins with the BOS token.
 */
public final class ClassReader {

  private final ExampleSettings settings;
  private final TokenSource tokens;
  private final List<String> labels;

  /**
   * @param labels the names of the labels, in the order of their numbers
   */
  public ClassReader(TextEncoder encoder, ExampleSettings settings, List<String> labels) {
    this.settings = settings;
    this.tokens = new TokenSource(encoder, settings);
    this.labels = List.copyOf(labels);
  }

  /**
   * All texts of a file.
   *
   * @throws ExampleFormatException if rows cannot be used, naming them
   * @throws IOException if the file cannot be read
   */
  public Rows<ClassExample> read(Path file) throws IOException {
    Reading reading = new Reading(settings);
    try (DataFile data = DataFile.open(file, false)) {
      return new RowReader<>(settings, reading, List.of(new Shape(reading))).read(data);
    }
  }

  private final class Shape implements RowShape<ClassExample> {

    private final Reading reading;

    Shape(Reading reading) {
      this.reading = reading;
    }

    @Override
    public Optional<RowFormat> format() {
      return Optional.empty();
    }

    @Override
    public boolean fits(Row row) {
      return row.has("text") && row.has("label");
    }

    @Override
    public Set<String> keys(Row row) {
      return Set.of("text", "label");
    }

    @Override
    public ClassExample read(Row row) throws BadLineException {
      String text = row.text("text");
      if (text.isBlank()) {
        throw new BadLineException("\"text\" is blank");
      }
      int[] ids =
          IntStream.concat(settings.bos().stream(), Arrays.stream(tokens.beginning(text)))
              .toArray();
      return new ClassExample(reading.cut(ids), label(row.get("label")));
    }

    /** Cells of a table are strings, numbers too. */
    private int label(JsonNode label) throws BadLineException {
      int number = label.isTextual() ? labels.indexOf(label.textValue()) : -1;
      if (number < 0 && (label.isIntegralNumber() || label.asText().matches("[0-9]{1,6}"))) {
        number = label.asInt(-1);
      }
      if (number < 0 || number >= labels.size()) {
        throw new BadLineException(
            "\"label\" must be one of %s or a number below %d but is %s"
                .formatted(labels, labels.size(), Row.shown(label)));
      }
      return number;
    }

    @Override
    public String wanted() {
      return "\"text\" and \"label\"";
    }
  }
}
