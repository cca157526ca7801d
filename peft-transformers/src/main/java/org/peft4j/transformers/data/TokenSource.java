package org.peft4j.transformers.data;

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

  /** The same, but of a text of which most is going to be cut off only as much as is kept. */
  int[] beginning(String text) throws BadLineException {
    long kept = (long) settings.maxLength() * LETTERS_PER_TOKEN;
    if (text.length() <= kept || settings.tooLong() == TooLong.REFUSE) {
      return of(text);
    }
    int[] ids = of(text.substring(0, text.offsetByCodePoints(0, (int) kept / 2)));
    return ids.length > settings.maxLength() ? ids : of(text);
  }
}
