package org.peft4j.transformers.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.transformers.text.TextEncoder;

/**
 * Reads pairs of answers, of which one is better, from the files that {@link ExampleReader} reads:
 *
 * <ul>
 *   <li>{@code {"prompt", "chosen", "rejected"}} as strings, taken as prompt and completion.
 *   <li>{@code {"prompt", "chosen", "rejected"}} as lists of messages, or without a prompt: then
 *       the conversations begin alike and end in different answers. A prompt that these begin with
 *       is said once.
 *   <li>{@code {"conversations", "chosen", "rejected"}} with {@code {"from", "value"}}.
 * </ul>
 *
 * <p>In both examples of a pair only the answer is predicted. Settings are those of {@link
 * ExampleReader}.
 */
public final class PreferenceReader {

  private final ExampleSettings settings;
  private final TextEncoder encoder;

  public PreferenceReader(TextEncoder encoder, ExampleSettings settings) {
    this.settings = settings;
    this.encoder = encoder;
  }

  /**
   * All pairs of a file.
   *
   * @throws ExampleFormatException if rows cannot be used, naming them
   * @throws IOException if the file cannot be read
   */
  public Rows<Preference> read(Path file) throws IOException {
    Reading reading = new Reading(settings);
    Answers answers = new Answers(new TokenSource(encoder, settings), settings, reading);
    PairShape shape = new PairShape(new Conversations(settings), answers);
    try (DataFile data = DataFile.open(file, false)) {
      return new RowReader<>(settings, reading, List.of(shape)).read(data);
    }
  }
}
