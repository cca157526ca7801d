package org.peft4j.transformers.generate;

import java.util.List;
import java.util.function.Consumer;

/**
 * Lets a text through as it grows, up to the first stop word: the one that is complete first, of
 * several the longest. What may become a stop word is held back until that is known, so what passes
 * does not depend on the pieces in which the text comes.
 */
final class StopWords {

  private final List<String> words;
  private final Consumer<String> reader;
  private String held = "";
  private boolean found;

  StopWords(List<String> words, Consumer<String> reader) {
    this.words = words;
    this.reader = reader;
  }

  /** Whether one has come up. */
  boolean found() {
    return found;
  }

  void accept(String piece) {
    if (found) {
      return;
    }
    String text = held + piece;
    int end = firstEnd(text);
    found = end <= text.length();
    int passes = found ? end - longestAt(text, end) : text.length() - begun(text);
    held = text.substring(passes);
    show(text.substring(0, passes));
  }

  /** No more comes: what was held back is no stop word. */
  void end() {
    if (!found) {
      show(held);
      held = "";
    }
  }

  private void show(String piece) {
    if (!piece.isEmpty()) {
      reader.accept(piece);
    }
  }

  /** Where the first complete stop word ends; beyond the text if there is none. */
  private int firstEnd(String text) {
    return words.stream()
        .filter(text::contains)
        .mapToInt(word -> text.indexOf(word) + word.length())
        .min()
        .orElse(text.length() + 1);
  }

  private int longestAt(String text, int end) {
    return words.stream()
        .filter(word -> text.startsWith(word, end - word.length()))
        .mapToInt(String::length)
        .max()
        .orElseThrow();
  }

  /** How many of the last characters begin a stop word, at most. */
  private int begun(String text) {
    int begun = 0;
    for (String word : words) {
      for (int n = Math.min(word.length() - 1, text.length()); n > begun; n--) {
        if (text.regionMatches(text.length() - n, word, 0, n)) {
          begun = n;
        }
      }
    }
    return begun;
  }
}
