package org.peft4j.transformers.data;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.peft4j.transformers.TokenBatch;

/** Examples from one text, or from a prompt and what is to follow it. */
record TextRows(TokenSource tokens, ExampleSettings settings) {

  Example text(String text) throws BadLineException {
    requireWords("text", text);
    return Example.of(cut(afterBos(tokens.of(text))));
  }

  Example completion(String prompt, String completion) throws BadLineException {
    requireWords("completion", completion);
    int[] asked = afterBos(tokens.of(prompt));
    if (asked.length >= settings.maxLength()) {
      throw new BadLineException(
          "the prompt alone has %d tokens, which leaves no room for the completion within %d"
              .formatted(asked.length, settings.maxLength()));
    }
    int[] ids = cut(join(asked, answer(asked, prompt, completion), settings.eos().stream()));
    int[] labels = ids.clone();
    Arrays.fill(labels, 0, asked.length, TokenBatch.IGNORED);
    return new Example(ids, labels);
  }

  /**
   * A generator sees the prompt encoded by itself, so training must too. The completion continues
   * those tokens as it would in one text; only where the tokenizer would join letters of both is it
   * encoded by itself, too.
   */
  private IntStream answer(int[] asked, String prompt, String completion) throws BadLineException {
    int[] whole = afterBos(tokens.of(prompt + completion));
    boolean continues =
        whole.length > asked.length
            && Arrays.equals(whole, 0, asked.length, asked, 0, asked.length);
    return continues
        ? Arrays.stream(whole).skip(asked.length)
        : Arrays.stream(tokens.of(completion));
  }

  private int[] afterBos(int[] ids) {
    return join(settings.bos().stream().toArray(), Arrays.stream(ids), IntStream.empty());
  }

  private int[] cut(int[] ids) {
    return ids.length > settings.maxLength() ? Arrays.copyOf(ids, settings.maxLength()) : ids;
  }

  private static int[] join(int[] first, IntStream second, IntStream third) {
    return IntStream.concat(IntStream.concat(Arrays.stream(first), second), third).toArray();
  }

  private static void requireWords(String key, String text) throws BadLineException {
    if (text.isBlank()) {
      throw new BadLineException("\"%s\" is blank".formatted(key));
    }
  }
}
