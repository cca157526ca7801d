package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.transformers.TokenBatch.IGNORED;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.peft4j.transformers.TokenBatch;

class BatchesTest {

  @Test
  void goInTheOrderOfTheListAndKeepTheShortLastBatch() {
    Batches batches = Batches.inOrder(numbered(5), 2);
    assertThat(batches.perEpoch()).isEqualTo(3);
    assertThat(firstIds(batches.epochs(2)))
        .containsExactly(
            List.of(0, 1), List.of(2, 3), List.of(4), List.of(0, 1), List.of(2, 3), List.of(4));
  }

  @Test
  void padToOneOfFewLengthsThatFitTheLongestExample() {
    Example masked = new Example(new int[] {5, 6, 7}, new int[] {IGNORED, IGNORED, 7});
    TokenBatch batch = Batches.inOrder(List.of(Example.of(new int[] {8, 9}), masked), 2).batch(0);
    assertThat(batch.sequences()).isEqualTo(2);
    assertThat(batch.length()).isEqualTo(32);
    assertThat(batch.lengths()).containsExactly(2, 3);
    assertThat(batch.ids()).startsWith(8, 9, 0, 0);
    assertThat(Arrays.copyOfRange(batch.ids(), 32, 36)).containsExactly(5, 6, 7, 0);
    assertThat(batch.labels()).startsWith(8, 9, IGNORED).endsWith(IGNORED);
    assertThat(Arrays.copyOfRange(batch.labels(), 32, 36))
        .containsExactly(IGNORED, IGNORED, 7, IGNORED);
    assertThat(batch.targets()).isEqualTo(2);
  }

  @Test
  void shuffleEveryExampleIntoEveryEpoch() {
    Batches batches = Batches.shuffled(numbered(50), 8, 7);
    List<Integer> first = flat(batches.epochs(1));
    List<Integer> both = flat(batches.epochs(2));
    List<Integer> second = both.subList(50, 100);
    assertThat(first).isNotEqualTo(all(50)).containsExactlyInAnyOrderElementsOf(all(50));
    assertThat(second).isNotEqualTo(first).containsExactlyInAnyOrderElementsOf(all(50));
  }

  @Test
  void shuffleAlikeInEveryRunAndOnEveryJava() {
    assertThat(flat(Batches.shuffled(numbered(10), 3, 7).epochs(1)))
        .isEqualTo(flat(Batches.shuffled(numbered(10), 3, 7).epochs(1)))
        .containsExactly(6, 5, 4, 3, 0, 1, 8, 9, 7, 2);
  }

  @Test
  void neighbouringSeedsShareNoEpoch() {
    List<Integer> later = flat(Batches.shuffled(numbered(50), 50, 1).epochs(3));
    assertThat(List.of(later.subList(0, 50), later.subList(50, 100), later.subList(100, 150)))
        .doesNotContain(flat(Batches.shuffled(numbered(50), 50, 2).epochs(1)));
  }

  @Test
  void goOnFromAnyNumberAsIfNeverInterrupted() {
    Iterator<TokenBatch> whole = Batches.shuffled(numbered(10), 3, 7).from(0);
    for (int i = 0; i < 6; i++) {
      whole.next();
    }
    Iterator<TokenBatch> resumed = Batches.shuffled(numbered(10), 3, 7).from(6);
    for (int i = 0; i < 20; i++) {
      assertThat(resumed.next().ids()).isEqualTo(whole.next().ids());
    }
  }

  @Test
  void rejectWhatMakesNoBatch() {
    assertThatThrownBy(() -> Batches.inOrder(List.of(), 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be at least one example");
    assertThatThrownBy(() -> Batches.shuffled(numbered(2), 0, 7))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batchSize must be at least 1 but was 0");
    assertThatThrownBy(() -> Batches.inOrder(numbered(2), 1).batch(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("number must be at least 0 but was -1");
  }

  /** Examples that begin with their number. */
  private static List<Example> numbered(int count) {
    return IntStream.range(0, count).mapToObj(i -> Example.of(new int[] {i, 1})).toList();
  }

  private static List<Integer> all(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private static List<Integer> flat(Iterator<TokenBatch> batches) {
    return firstIds(batches).stream().flatMap(List::stream).toList();
  }

  private static List<List<Integer>> firstIds(Iterator<TokenBatch> batches) {
    List<List<Integer>> all = new ArrayList<>();
    batches.forEachRemaining(
        batch ->
            all.add(
                IntStream.range(0, batch.sequences())
                    .mapToObj(s -> batch.ids()[s * batch.length()])
                    .toList()));
    return all;
  }
}
