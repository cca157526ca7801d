package org.peft4j.cli.tiny;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Learns which bytes of a language go together (Sennrich et al., ACL 2016, arXiv 1508.07909; over
 * bytes as GPT-2 does): time and again the two tokens that are most often side by side in a word
 * become one. Starts from all 256 bytes, so that any text can be encoded and nothing is lost.
 */
public final class BpeTrainer {

  /** How the ByteLevel pre-tokenizer splits a text into words; no token spans two of them. */
  private static final Pattern WORD =
      Pattern.compile(
          "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  /** How often each word occurs. */
  private final Map<List<String>, Integer> words = new HashMap<>();

  private BpeTrainer() {}

  /**
   * A tokenizer of {@code vocabulary} tokens; of fewer if no two tokens are left that are twice
   * side by side.
   */
  public static BpeTokenizer train(Iterable<String> texts, int vocabulary) {
    BpeTrainer trainer = new BpeTrainer();
    texts.forEach(trainer::count);
    return new BpeTokenizer(trainer.merges(vocabulary - BpeTokenizer.UNLEARNED));
  }

  private void count(String text) {
    WORD.matcher(text)
        .results()
        .forEach(word -> words.merge(ByteLevel.characters(word.group()), 1, Integer::sum));
  }

  private List<TokenPair> merges(int newTokens) {
    List<TokenPair> merges = new ArrayList<>();
    Set<String> tokens = new HashSet<>();
    Optional<TokenPair> next = mostFrequent();
    while (tokens.size() < newTokens && next.isPresent()) {
      TokenPair pair = next.get();
      merges.add(pair);
      tokens.add(pair.merged());
      merge(pair);
      next = mostFrequent();
    }
    return merges;
  }

  /** Of pairs that are equally frequent the first in the alphabet, whatever the map's order is. */
  private Optional<TokenPair> mostFrequent() {
    Map<TokenPair, Integer> counts = new HashMap<>();
    words.forEach(
        (word, count) -> TokenPair.in(word).forEach(p -> counts.merge(p, count, Integer::sum)));
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() > 1)
        .min(
            Map.Entry.<TokenPair, Integer>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .map(Map.Entry::getKey);
  }

  private void merge(TokenPair pair) {
    Map<List<String>, Integer> merged = new HashMap<>();
    words.forEach((word, count) -> merged.merge(pair.mergedIn(word), count, Integer::sum));
    words.clear();
    words.putAll(merged);
  }
}
