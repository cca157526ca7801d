package org.peft4j.transformers.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.peft4j.transformers.text.TextEncoder;

/**
 * Reads what a language model is to learn from a file.
 *
 * <p>Rows are objects of JSON Lines or of JSON arrays, whatever the file's name; lines of {@code
 * .csv} and {@code .tsv} under a header that names the columns; or rows of Parquet. All of it may
 * be packed by gzip. A row has one of these shapes, under these keys or those that {@link Columns}
 * give; of several that fit the first of this list is taken, unless {@link RowFormat} says another:
 *
 * <ul>
 *   <li>{@code {"input_ids", "labels"}}: tokens used exactly as they are. Labels line up with the
 *       tokens, -100 is not predicted; without labels every token but the first is.
 *   <li>{@code {"messages"}} with {@code {"role", "content"}}, or {@code {"conversations"}} with
 *       {@code {"from", "value"}}: written by the chat template, which puts in all special tokens;
 *       what the assistant says is predicted, with what ends its turns, but for turns marked as not
 *       to be ({@code "weight": 0}, {@code "train": false}). {@code "system"}, {@code "tools"} and
 *       {@code "documents"} beside them reach the template.
 *   <li>{@code {"instruction", "input", "output"}}, perhaps with {@code "system"} and {@code
 *       "history"}: a conversation if there is a chat template, else a prompt in Alpaca's words and
 *       a completion. Only the output is predicted.
 *   <li>{@code {"prompt", "completion"}}: begins with the BOS token and ends with the EOS token;
 *       only the completion and the EOS token are predicted. Nothing is put between the two, so a
 *       space that belongs there must be in one of them. Both may be lists of messages.
 *   <li>{@code {"text"}}: begins with the BOS token and ends with the EOS token; every token but
 *       the first is predicted.
 * </ul>
 *
 * <p>A key that says how to learn and is not obeyed is refused; other keys that nothing reads are
 * told of in the {@link RowReport}.
 *
 * <p>Any other text is plain: one long text, line ends and blank lines included, cut into blocks of
 * the longest length. Each block begins with the BOS token, nothing is lost, and nothing is
 * predicted twice. For texts that have nothing to do with each other use one row for each.
 *
 * <p>Files are UTF-8; a byte order mark, Windows line ends, blank lines and a missing last line end
 * are fine.
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
   * @throws ExampleFormatException if rows cannot be used (the message has the places and reasons
   *     of the first ten), if there is no example at all, or if the file is of another kind
   * @throws IOException if the file cannot be read
   */
  public Rows<Example> read(Path file) throws IOException {
    Reading reading = new Reading(settings);
    boolean plain = settings.format().filter(RowFormat.PLAIN::equals).isPresent();
    try (DataFile data = DataFile.open(file, plain)) {
      boolean isText = plain || (data.kind() == FileKind.PLAIN && settings.format().isEmpty());
      if (isText) {
        settings.rules().requireNoColumns(file);
      }
      return isText
          ? new TextFile(settings, reading, tokens).read(data)
          : new RowReader<>(settings, reading, shapes(reading)).read(data);
    }
  }

  private List<RowShape<Example>> shapes(Reading reading) {
    Answers answers = new Answers(tokens, settings, reading);
    Conversations conversations = new Conversations(settings);
    return List.of(
        new TokenRows(settings),
        new ChatShape(RowFormat.MESSAGES, conversations, answers),
        new ChatShape(RowFormat.CONVERSATIONS, conversations, answers),
        new InstructionShape(settings, conversations, answers),
        new CompletionShape(conversations, answers),
        new TextShape(answers));
  }
}
