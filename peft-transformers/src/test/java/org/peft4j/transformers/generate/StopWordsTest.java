package org.peft4j.transformers.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StopWordsTest {

  private final List<String> shown = new ArrayList<>();

  @Test
  void endsATextBeforeAStopWordThatSpansPieces() {
    assertThat(read(List.of("###"), "one #", "#", "# two")).isTrue();
    assertThat(shown).containsExactly("one ");
  }

  @Test
  void showsWhatTurnsOutToBeNoStopWordAsSoonAsThatIsKnown() {
    assertThat(read(List.of("abcd"), "xab", "c", "abc", "e", "a")).isFalse();
    assertThat(shown).containsExactly("x", "abc", "abce", "a");
  }

  @Test
  void theFirstThatIsCompleteCounts() {
    assertThat(read(List.of("abcd", "c"), "abcd")).isTrue();
    assertThat(shown).containsExactly("ab");
  }

  @Test
  void ofSeveralThatEndTogetherTheLongestCounts() {
    assertThat(read(List.of("c", "bc"), "abc")).isTrue();
    assertThat(shown).containsExactly("a");
  }

  @Test
  void findsTheSameHoweverTheTextIsDivided() {
    String text = "aabaabaaac aabb";
    for (int mask = 0; mask < 1 << (text.length() - 1); mask++) {
      shown.clear();
      assertThat(read(List.of("aabb", "aaac", "c aab"), divided(text, mask))).isTrue();
      assertThat(String.join("", shown)).isEqualTo("aabaab");
    }
  }

  @Test
  void withoutStopWordsAllPassesAtOnce() {
    assertThat(read(List.of(), "a", "b")).isFalse();
    assertThat(shown).containsExactly("a", "b");
  }

  private boolean read(List<String> words, String... pieces) {
    StopWords stops = new StopWords(words, shown::add);
    for (String piece : pieces) {
      stops.accept(piece);
    }
    stops.end();
    return stops.found();
  }

  /** Cut after character i where bit i is set. */
  private static String[] divided(String text, int mask) {
    List<String> pieces = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < text.length(); i++) {
      if (i == text.length() - 1 || (mask >> i & 1) == 1) {
        pieces.add(text.substring(begin, i + 1));
        begin = i + 1;
      }
    }
    return pieces.toArray(new String[0]);
  }
}
