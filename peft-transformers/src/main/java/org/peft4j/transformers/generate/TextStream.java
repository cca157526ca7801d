package org.peft4j.transformers.generate;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.peft4j.transformers.text.TextDecoder;

/**
 * Turns tokens into text as they come. A character may be made of several tokens, and a token may
 * read differently at the start of a text, so a token is decoded with those before it and shown
 * when its characters are complete.
 */
public final class TextStream implements IntConsumer {

  /** How many tokens of the prompt are enough to decode what follows. */
  private static final int CONTEXT = 8;

  private static final String INCOMPLETE = "\uFFFD";

  private final TextDecoder texts;
  private final Consumer<String> reader;
  private int[] window;
  private int shown;

  /**
   * @param texts turns tokens into text
   * @param prompt the tokens before the first that comes
   * @param reader is given each piece of text
   */
  public TextStream(TextDecoder texts, int[] prompt, Consumer<String> reader) {
    this.texts = texts;
    this.reader = reader;
    this.window = Arrays.copyOfRange(prompt, Math.max(0, prompt.length - CONTEXT), prompt.length);
    this.shown = window.length;
  }

  @Override
  public void accept(int token) {
    window = Arrays.copyOf(window, window.length + 1);
    window[window.length - 1] = token;
    if (!texts.decode(window).endsWith(INCOMPLETE)) {
      show();
    }
  }

  /** No more tokens come: shows what is left, complete or not. */
  public void end() {
    if (shown < window.length) {
      show();
    }
  }

  private void show() {
    String before = texts.decode(Arrays.copyOf(window, shown));
    String now = texts.decode(window);
    if (now.length() > before.length()) {
      reader.accept(now.substring(before.length()));
    }
    window = Arrays.copyOfRange(window, shown, window.length);
    shown = window.length;
  }
}
