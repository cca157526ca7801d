package org.peft4j.cli.tiny;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Two tokens side by side. */
record TokenPair(String left, String right) implements Comparable<TokenPair> {

  private static final Comparator<TokenPair> ALPHABETICAL =
      Comparator.comparing(TokenPair::left).thenComparing(TokenPair::right);

  static Stream<TokenPair> in(List<String> word) {
    return IntStream.range(1, word.size())
        .mapToObj(i -> new TokenPair(word.get(i - 1), word.get(i)));
  }

  String merged() {
    return left + right;
  }

  List<String> mergedIn(List<String> word) {
    List<String> result = new ArrayList<>();
    for (int i = 0; i < word.size(); i++) {
      boolean here =
          i + 1 < word.size() && word.get(i).equals(left) && word.get(i + 1).equals(right);
      result.add(here ? merged() : word.get(i));
      i += here ? 1 : 0;
    }
    return result;
  }

  /** As {@code tokenizer.json} has it; {@link ByteLevel} leaves no space in a token. */
  @Override
  public String toString() {
    return left + " " + right;
  }

  @Override
  public int compareTo(TokenPair other) {
    return ALPHABETICAL.compare(this, other);
  }
}
