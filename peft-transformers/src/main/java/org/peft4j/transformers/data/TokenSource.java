package org.peft4j.transformers.data;

/** Text as tokens that the model is sure to know. */
record TokenSource(TextEncoder encoder, ExampleSettings settings) {

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
}
