package org.peft4j.transformers.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts running text into examples such that every token is predicted exactly once. Blocks begin
 * with the token that begins a sequence; where there is none, with the last token of the block
 * before, and then the very first token of the text goes unpredicted.
 */
final class TextBlocks {

  /** Encoded at once: enough that the seams do not matter, little enough for any memory. */
  private static final int CHARACTERS = 1 << 20;

  private final TokenSource tokens;
  private final ExampleSettings settings;
  private final List<Example> blocks = new ArrayList<>();
  private final StringBuilder pending = new StringBuilder();
  private final int[] block;
  private int filled;
  private boolean begun;

  TextBlocks(TokenSource tokens, ExampleSettings settings) {
    this.tokens = tokens;
    this.settings = settings;
    block = new int[settings.maxLength()];
    settings.bounds().bos().ifPresent(bos -> block[filled++] = bos);
  }

  void addLine(String line) throws BadLineException {
    if (begun) {
      pending.append('\n');
    }
    begun = true;
    pending.append(line);
    if (pending.length() >= CHARACTERS) {
      cut();
    }
  }

  /** All blocks, the last of which may be short. */
  List<Example> finish() throws BadLineException {
    cut();
    emit();
    return blocks;
  }

  private void cut() throws BadLineException {
    for (int token : tokens.of(pending.toString())) {
      block[filled++] = token;
      if (filled == block.length) {
        emit();
        block[0] = settings.bounds().bos().orElse(token);
        filled = 1;
      }
    }
    pending.setLength(0);
  }

  private void emit() {
    if (filled > 1) {
      blocks.add(Example.of(Arrays.copyOf(block, filled)));
    }
  }
}
