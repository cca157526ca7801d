package org.peft4j.transformers.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Reads what a language model is to learn from a file.
 *
 * <p>A file named {@code .jsonl} or {@code .ndjson} holds one JSON object per line, each of one of
 * three shapes; other keys are passed over:
 *
 * <ul>
 *   <li>{@code {"text"}}: begins with the BOS token; cut at the longest length; every token but the
 *       first is predicted.
 *   <li>{@code {"prompt", "completion"}}: begins with the BOS token and ends with the EOS token;
 *       cut at the longest length; only the completion and the EOS token are predicted. Nothing is
 *       put between the two, so a space that belongs there must be in one of them.
 *   <li>{@code {"input_ids", "labels"}}: tokens used exactly as they are. Labels line up with the
 *       tokens, -100 is not predicted; without labels every token but the first is.
 * </ul>
 *
 * <p>Any other file is plain text: one long text, line ends and blank lines included, cut into
 * blocks of the longest length. Each block begins with the BOS token, nothing is lost, and nothing
 * is predicted twice. For texts that have nothing to do with each other use one row for each.
 *
 * <p>Files are UTF-8; a byte order mark, Windows line ends and a missing last line end are fine.
 */
public final class ExampleReader {

  private final ExampleSettings settings;
  private final TokenSource tokens;

  public ExampleReader(TextEncoder encoder, ExampleSettings settings) {
    this.settings = Objects.requireNonNull(settings, "settings");
    this.tokens = new TokenSource(Objects.requireNonNull(encoder, "encoder"), settings);
  }

  /**
   * All examples of a file.
   *
   * @throws ExampleFormatException if lines cannot be used (the message has the numbers and reasons
   *     of the first ten), if there is no example at all, or if the file is of another kind
   * @throws IOException if the file cannot be read
   */
  public Examples read(Path file) throws IOException {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".json")) {
      throw new ExampleFormatException(
          file + ": a JSON file must hold one row per line and be named .jsonl");
    }
    BadLineReport bad = new BadLineReport();
    try (Utf8Lines lines = new Utf8Lines(file)) {
      boolean rows = name.endsWith(".jsonl") || name.endsWith(".ndjson");
      List<Example> examples = rows ? rows(lines, bad) : blocks(file, lines, bad);
      boolean refused = settings.badLines() == BadLines.FAIL || examples.isEmpty();
      if (bad.count() > 0 && refused) {
        throw bad.exception(file, lines.number());
      }
      if (examples.isEmpty()) {
        throw new ExampleFormatException(file + " holds no examples");
      }
      return new Examples(examples, bad.count());
    }
  }

  private List<Example> rows(Utf8Lines lines, BadLineReport bad) throws IOException {
    RowParser parser = new RowParser(tokens, settings);
    List<Example> examples = new ArrayList<>();
    while (lines.advance()) {
      try {
        examples.add(parser.parse(lines.text()));
      } catch (BadLineException e) {
        bad.add(lines.number(), e.reason());
      }
    }
    return examples;
  }

  private List<Example> blocks(Path file, Utf8Lines lines, BadLineReport bad) throws IOException {
    TextBlocks blocks = new TextBlocks(tokens, settings);
    try {
      while (lines.advance()) {
        Optional<String> line = text(lines, bad);
        if (line.isPresent()) {
          blocks.addLine(line.get());
        }
      }
      return blocks.finish();
    } catch (BadLineException e) {
      throw new ExampleFormatException(file + ": " + e.getMessage());
    }
  }

  private static Optional<String> text(Utf8Lines lines, BadLineReport bad) {
    try {
      return Optional.of(lines.text());
    } catch (BadLineException e) {
      bad.add(lines.number(), e.reason());
      return Optional.empty();
    }
  }
}
