package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads texts with labels from {@code .jsonl} or {@code .json}: rows {@code {"text", "label"}}, the
 * label being one of the names, or its number. A text begins with the BOS token.
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
   * @throws ExampleFormatException if lines cannot be used, naming them
   * @throws IOException if the file cannot be read
   */
  public Rows<ClassExample> read(Path file) throws IOException {
    if (!JsonRows.holds(file)) {
      throw new ExampleFormatException(
          file + ": texts with labels must be in a file named .jsonl or .json");
    }
    return new JsonRows<>(settings, List.of(new Shape())).read(file);
  }

  private final class Shape implements RowShape<ClassExample> {

    @Override
    public boolean fits(Row row) {
      return row.has("text") && row.has("label");
    }

    @Override
    public ClassExample read(Row row) throws BadLineException {
      String text = row.text("text");
      if (text.isBlank()) {
        throw new BadLineException("\"text\" is blank");
      }
      int[] ids =
          IntStream.concat(settings.bos().stream(), Arrays.stream(tokens.of(text))).toArray();
      return new ClassExample(settings.cut(ids), label(row.get("label")));
    }

    private int label(JsonNode label) throws BadLineException {
      int number = label.isIntegralNumber() ? label.intValue() : labels.indexOf(label.asText());
      if (number < 0 || number >= labels.size()) {
        throw new BadLineException(
            "\"label\" must be one of %s or a number below %d but is %s"
                .formatted(labels, labels.size(), label));
      }
      return number;
    }

    @Override
    public String wanted() {
      return "\"text\" and \"label\"";
    }
  }
}
