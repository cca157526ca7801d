package org.peft4j.cli.tiny;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.peft4j.transformers.model.TokenBatch;
import org.peft4j.transformers.text.SpecialTokens;
import org.peft4j.transformers.text.Tokenizer;

/**
 * Stories as batches, each told whole: begun, told and ended.
 *
 * <p>The tokenizer has a token of its own for almost every word of the stories, so its shorter
 * tokens would never be learned, and words of other texts are made of those. In every second batch
 * to train on, some words are therefore cut up before they are tokenized (a simple form of
 * BPE-dropout: Provilkov et al., ACL 2020, arXiv 1910.13267).
 */
final class StoryBatches {

  private static final int BATCH_SIZE = 32;
  private static final int HELD_OUT_BATCHES = 8;
  private static final double CUT_WORDS = 0.3;
  private static final double CUTS = 0.5;

  private final Tokenizer tokenizer;
  private final int begin;
  private final int end;

  StoryBatches(Tokenizer tokenizer) {
    SpecialTokens special = tokenizer.specialTokens();
    this.tokenizer = tokenizer;
    this.begin = special.begin().orElseThrow();
    this.end = special.ends().iterator().next();
  }

  /** Stories without end, none of which comes twice; from number 0 on. */
  Iterator<TokenBatch> fresh(long firstStory) {
    return LongStream.iterate(firstStory, first -> first + BATCH_SIZE)
        .mapToObj(this::freshBatch)
        .iterator();
  }

  private TokenBatch freshBatch(long first) {
    boolean whole = first / BATCH_SIZE % 2 == 0;
    return batch(first, whole ? StoryBatches::whole : StoryBatches::cutUp);
  }

  /** The stories from number -256 to -1, which are never trained on. */
  List<TokenBatch> heldOut() {
    return LongStream.rangeClosed(1, HELD_OUT_BATCHES)
        .mapToObj(i -> batch(-i * BATCH_SIZE, StoryBatches::whole))
        .toList();
  }

  private TokenBatch batch(long first, LongFunction<List<String>> story) {
    return TokenBatch.of(
            LongStream.range(first, first + BATCH_SIZE).mapToObj(story).map(this::tokens).toList())
        .roundedUp();
  }

  private static List<String> whole(long number) {
    return List.of(StoryGrammar.story(number));
  }

  private static List<String> cutUp(long number) {
    String story = StoryGrammar.story(number);
    SplittableRandom random = new SplittableRandom(number);
    List<String> snippets = new ArrayList<>();
    int start = 0;
    boolean cutsWord = false;
    for (int i = 1; i < story.length(); i++) {
      if (story.charAt(i) == ' ') {
        cutsWord = random.nextDouble() < CUT_WORDS;
      } else if (cutsWord && random.nextDouble() < CUTS) {
        snippets.add(story.substring(start, i));
        start = i;
      }
    }
    snippets.add(story.substring(start));
    return snippets;
  }

  private int[] tokens(List<String> snippets) {
    IntStream told = snippets.stream().flatMapToInt(text -> IntStream.of(tokenizer.encode(text)));
    return IntStream.concat(IntStream.concat(IntStream.of(begin), told), IntStream.of(end))
        .toArray();
  }
}
