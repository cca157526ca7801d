package org.peft4j.transformers.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.text.TextEncoder;

/**
 * Reads texts to tell apart from the files that {@link ExampleReader} reads: rows {@code {"text"}},
 * labelled or not, or plain text of one text per line. A text begins with the BOS token.
 */
public final class TextReader {

  private final ExampleSettings settings;
  private final TokenSource tokens;

  /** Reads by these settings. */
  public TextReader(TextEncoder encoder, ExampleSettings settings) {
    this.settings = settings;
    this.tokens = new TokenSource(encoder, settings);
  }

  /**
   * All texts of a file, in its order.
   *
   * @throws ExampleFormatException if rows cannot be used, naming them
   * @throws IOException if the file cannot be read
   */
  public Rows<UnlabelledText> read(Path file) throws IOException {
    Reading reading = new Reading(settings, true);
    try (DataFile data = DataFile.open(file, false)) {
      return data.kind() == FileKind.PLAIN
          ? lines(data, reading)
          : new RowReader<>(settings, reading, List.of(new Shape(reading))).read(data);
    }
  }

  /**
   * Texts that are no file's.
   *
   * @param name what to call them in messages
   * @throws ExampleFormatException if one cannot be used
   */
  public Rows<UnlabelledText> read(String name, List<String> texts) throws IOException {
    Reading reading = new Reading(settings, true);
    List<UnlabelledText> read = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      reading.begin();
      try {
        read.add(text(texts.get(i), reading));
        reading.end();
      } catch (BadLineException e) {
        reading.add("text " + (i + 1), e);
      }
    }
    return reading.rows(Path.of(name), read, texts.size(), "texts", 0);
  }

  private UnlabelledText text(String text, Reading reading) throws BadLineException {
    if (text.isBlank()) {
      throw new BadLineException("is blank");
    }
    return new UnlabelledText(text, reading.cut(tokens.start(text)));
  }

  private Rows<UnlabelledText> lines(DataFile data, Reading reading) throws IOException {
    settings.rules().requireNoColumns(data.path());
    Utf8Lines lines = new Utf8Lines(data.text());
    List<UnlabelledText> texts = new ArrayList<>();
    int blank = 0;
    while (lines.advance()) {
      reading.begin();
      try {
        String line = lines.text();
        if (line.isBlank()) {
          blank++;
        } else {
          texts.add(text(line, reading));
        }
        reading.end();
      } catch (BadLineException e) {
        reading.add("line " + lines.number(), e);
      }
    }
    return reading.rows(data.path(), texts, lines.number(), "lines", blank);
  }

  private final class Shape implements RowShape<UnlabelledText> {

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
      return row.has("text");
    }

    @Override
    public Set<String> keys(Row row) {
      return Set.of("text", "label");
    }

    @Override
    public UnlabelledText read(Row row) throws BadLineException {
      int[] ids = tokens.start(row, "text");
      return new UnlabelledText(row.text("text"), reading.cut(ids));
    }

    @Override
    public String wanted() {
      return "\"text\"";
    }
  }
}
