package org.peft4j.transformers.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Reads what a language model is to learn from a file.
 *
 * <p>A file named {@code .jsonl} or {@code .ndjson} holds one JSON object per line, one named
 * {@code .json} an array of objects. Each has one of these shapes, under these keys or those that
 * {@link Columns} give; other keys are passed over:
 *
 * <ul>
 *   <li>{@code {"text"}}: begins with the BOS token; every token but the first is predicted.
 *   <li>{@code {"prompt", "completion"}}: begins with the BOS token and ends with the EOS token;
 *       only the completion and the EOS token are predicted. Nothing is put between the two, so a
 *       space that belongs there must be in one of them. Both may be lists of messages.
 *   <li>{@code {"messages"}} with {@code {"role", "content"}}, or {@code {"conversations"}} with
 *       {@code {"from", "value"}}: written by the chat template, which puts in all special tokens;
 *       what the assistant says is predicted, with what ends its turns.
 *   <li>{@code {"instruction", "input", "output"}}, perhaps with {@code "system"} and {@code
 *       "history"}: a conversation if there is a chat template, else a prompt in Alpaca's words and
 *       a completion. Only the output is predicted.
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
  public Rows<Example> read(Path file) throws IOException {
    return JsonRows.holds(file) ? new JsonRows<>(settings, shapes()).read(file) : blocks(file);
  }

  private List<RowShape<Example>> shapes() {
    Answers answers = new Answers(tokens, settings);
    Conversations conversations = new Conversations(settings);
    return List.of(
        new TextShape(answers),
        new CompletionShape(conversations, answers),
        new ChatShape("messages", conversations, answers),
        new ChatShape("conversations", conversations, answers),
        new InstructionShape(settings, conversations, answers),
        new TokenRows(settings));
  }

  private Rows<Example> blocks(Path file) throws IOException {
    BadLineReport bad = new BadLineReport();
    TextBlocks blocks = new TextBlocks(tokens, settings);
    try (Utf8Lines lines = new Utf8Lines(file)) {
      while (lines.advance()) {
        Optional<String> line = text(lines, bad);
        if (line.isPresent()) {
          blocks.addLine(line.get());
        }
      }
      return bad.rows(file, lines.number(), blocks.finish(), settings.badLines());
    } catch (BadLineException e) {
      throw new ExampleFormatException(file + ": " + e.getMessage());
    }
  }

  private static Optional<String> text(Utf8Lines lines, BadLineReport bad) {
    try {
      return Optional.of(lines.text());
    } catch (BadLineException e) {
      bad.add(lines.number(), e);
      return Optional.empty();
    }
  }
}
