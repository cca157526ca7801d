package org.peft4j.transformers.data;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.peft4j.transformers.chat.Piece;
import org.peft4j.transformers.model.TokenBatch;

/** Examples from pieces of text of which some are to be learned. */
record Answers(TokenSource tokens, ExampleSettings settings, Reading reading) {

  /** One text of which everything is learned. */
  Example text(String name, String text) throws BadLineException {
    requireWords(name, text);
    int[] ids = join(bos(), IntStream.of(tokens.beginning(text)));
    return Example.of(reading.cut(join(ids, end(ids))));
  }

  /** A prompt, which is not learned, and what is to follow it, which is. */
  Example completion(String prompt, String name, String completion) throws BadLineException {
    requireWords(name, completion);
    List<Piece> pieces = List.of(new Piece(prompt, false), new Piece(completion, true));
    return of(
        pieces,
        bos(),
        true,
        "the prompt alone has %d tokens, which leaves no room for the completion within %d");
  }

  /** A conversation as a template wrote it, which writes all special tokens itself. */
  Example conversation(List<Piece> pieces) throws BadLineException {
    return of(
        pieces,
        new int[0],
        false,
        "what comes before the assistant's words has %d tokens, which leaves no room for them within"
            + " %d");
  }

  /**
   * A generator sees what comes before an answer encoded by itself, so training must too. An answer
   * continues those tokens as it would in one text; only where the tokenizer would join letters of
   * both is it encoded by itself, too.
   *
   * @param noRoom what to say where nothing that is to be learned is within the longest length
   */
  private Example of(List<Piece> pieces, int[] begin, boolean ends, String noRoom)
      throws BadLineException {
    int[] ids = begin;
    int[] labels = new int[ids.length];
    Arrays.fill(labels, TokenBatch.IGNORED);
    StringBuilder text = new StringBuilder();
    for (Piece piece : pieces) {
      text.append(piece.text());
      int[] added = added(ids, begin, text.toString(), piece.text());
      labels = join(labels, piece.said() ? IntStream.of(added) : ignored(added.length));
      ids = join(ids, IntStream.of(added));
    }
    int[] end = ends ? end(ids).toArray() : new int[0];
    int[] learned = join(labels, IntStream.of(end));
    int first = first(learned);
    if (first >= settings.maxLength()) {
      throw new BadLineException(
          noRoom.formatted(first, settings.maxLength()) + "; --max-length takes more");
    }
    return new Example(reading.cut(join(ids, IntStream.of(end))), reading.cut(learned));
  }

  /** Where the first label is. */
  private static int first(int[] labels) {
    int first = 0;
    while (first < labels.length && labels[first] == TokenBatch.IGNORED) {
      first++;
    }
    return first;
  }

  private int[] added(int[] before, int[] begin, String whole, String piece)
      throws BadLineException {
    int[] all = join(begin, IntStream.of(tokens.of(whole)));
    boolean continues =
        all.length > before.length
            && Arrays.equals(all, 0, before.length, before, 0, before.length);
    return continues ? Arrays.copyOfRange(all, before.length, all.length) : tokens.of(piece);
  }

  private int[] bos() {
    return settings.bounds().bos().stream().toArray();
  }

  /** What ends a text, unless it ends with that itself. */
  private IntStream end(int[] ids) {
    if (settings.bounds().endsTexts() && settings.bounds().eos().isEmpty()) {
      reading.remark("the tokenizer has no EOS token: nothing teaches the model where texts end");
    }
    OptionalInt end = settings.bounds().end();
    boolean ended = ids.length > 0 && end.equals(OptionalInt.of(ids[ids.length - 1]));
    return ended ? IntStream.empty() : end.stream();
  }

  private static IntStream ignored(int count) {
    return IntStream.generate(() -> TokenBatch.IGNORED).limit(count);
  }

  private static int[] join(int[] first, IntStream second) {
    return IntStream.concat(Arrays.stream(first), second).toArray();
  }

  private static void requireWords(String name, String text) throws BadLineException {
    if (text.isBlank()) {
      throw new BadLineException("\"%s\" is blank".formatted(name));
    }
  }
}
