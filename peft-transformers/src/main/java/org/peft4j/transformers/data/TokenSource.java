package org.peft4j.transformers.data;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.peft4j.transformers.text.TextEncoder;

/** Text as tokens that the model is sure to know. */
record TokenSource(TextEncoder encoder, ExampleSettings settings) {

  /** No token that a tokenizer has learned is longer. */
  private static final int LETTERS_PER_TOKEN = 256;

  int[] of(String text) throws BadLineException {
    int[] ids = encoder.encode(text);
    for (int id : ids) {
      if (!settings.knows(id)) {
        throw new BadLineException(
            "the tokenizer made token %d, outside the model's vocabulary of %d"
                .formatted(id, settings.vocabulary()));
      }
    }
    return ids;
  }

  /**
   * A text to tell apart from others, after the token that begins texts, if there is one. The end
   * of one that is too long may be missing.
   */
  int[] start(Row row, String name) throws BadLineException {
    String text = row.text(name);
    if (text.isBlank()) {
      throw row.wrong(name, "is blank");
    }
    return start(text);
  }

  int[] start(String text) throws BadLineException {
    return IntStream.concat(settings.bounds().bos().stream(), Arrays.stream(beginning(text)))
        .toArray();
  }

  /** The tokens of a text, but where most of it is going to be cut off only those that are kept. */
  int[] beginning(String text) throws BadLineException {
    long kept = (long) settings.maxLength() * LETTERS_PER_TOKEN;
    if (text.length() <= kept || settings.tooLong() == TooLong.REFUSE) {
      return of(text);
    }
    int[] ids = of(text.substring(0, text.offsetByCodePoints(0, (int) kept / 2)));
    return ids.length > settings.maxLength() ? ids : of(text);
  }
}
