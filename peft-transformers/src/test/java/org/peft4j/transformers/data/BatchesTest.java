package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.transformers.model.TokenBatch.IGNORED;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.peft4j.transformers.model.TokenBatch;

class BatchesTest {

  @Test
  void goInTheOrderOfTheListAndKeepTheShortLastBatch() {
    Batches batches = new Batches(numbered(5), 2, Order.asListed());
    assertThat(batches.perEpoch()).isEqualTo(3);
    assertThat(firstIds(batches.epochs(2)))
        .containsExactly(
            List.of(0, 1), List.of(2, 3), List.of(4), List.of(0, 1), List.of(2, 3), List.of(4));
  }

  @Test
  void padToOneOfFewLengthsThatFitTheLongestExample() {
    Example masked = new Example(new int[] {5, 6, 7}, new int[] {IGNORED, IGNORED, 7});
    TokenBatch batch =
        new Batches(List.of(Example.of(new int[] {8, 9}), masked), 2, Order.asListed()).batch(0);
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
    Batches batches = new Batches(numbered(50), 8, Order.shuffled(7));
    List<Integer> first = flat(batches.epochs(1));
    List<Integer> both = flat(batches.epochs(2));
    List<Integer> second = both.subList(50, 100);
    assertThat(first).isNotEqualTo(all(50)).containsExactlyInAnyOrderElementsOf(all(50));
    assertThat(second).isNotEqualTo(first).containsExactlyInAnyOrderElementsOf(all(50));
  }

  @Test
  void shuffleAlikeInEveryRunAndOnEveryJava() {
    assertThat(flat(new Batches(numbered(10), 3, Order.shuffled(7)).epochs(1)))
        .isEqualTo(flat(new Batches(numbered(10), 3, Order.shuffled(7)).epochs(1)))
        .containsExactly(6, 5, 4, 3, 0, 1, 8, 9, 7, 2);
  }

  @Test
  void neighbouringSeedsShareNoEpoch() {
    List<Integer> later = flat(new Batches(numbered(50), 50, Order.shuffled(1)).epochs(3));
    assertThat(List.of(later.subList(0, 50), later.subList(50, 100), later.subList(100, 150)))
        .doesNotContain(flat(new Batches(numbered(50), 50, Order.shuffled(2)).epochs(1)));
  }

  @Test
  void goOnFromAnyNumberAsIfNeverInterrupted() {
    Iterator<TokenBatch> whole = new Batches(numbered(10), 3, Order.shuffled(7)).from(0);
    for (int i = 0; i < 6; i++) {
      whole.next();
    }
    Iterator<TokenBatch> resumed = new Batches(numbered(10), 3, Order.shuffled(7)).from(6);
    for (int i = 0; i < 20; i++) {
      assertThat(resumed.next().ids()).isEqualTo(whole.next().ids());
    }
  }

  @Test
  void holdPackedRowsOfWhichEachIsSeveralExamples() {
    Packing packing = Packing.of(numbered(10), 6);
    Batches batches = new Batches(packing, 2, Order.asListed());

    assertThat(batches.perEpoch()).isEqualTo(2);
    assertThat(batches.batch(0).ends()).isEqualTo(new int[][] {{2, 4, 6}, {2, 4, 6}});
    assertThat(batches.batch(0).ids()).startsWith(0, 1, 1, 1, 2, 1, 0);
    assertThat(batches.batch(1).ends()).isEqualTo(new int[][] {{2, 4, 6}, {2}});
  }

  @Test
  void shufflePackedRowsWithoutPackingThemAnew() {
    Batches batches = new Batches(Packing.of(numbered(60), 6), 1, Order.shuffled(7));
    List<Integer> first = flat(batches.epochs(1));
    List<Integer> second = flat(batches.epochs(2)).subList(20, 40);
    assertThat(first).hasSize(20).isNotEqualTo(second).containsExactlyInAnyOrderElementsOf(second);
  }

  @Test
  void signaturesAreTheSameForTheSameBatches() {
    assertThat(signature(1, Order.shuffled(7))).isEqualTo(signature(1, Order.shuffled(7)));
    assertThat(new Batches(numbered(3), 2, Order.asListed()).signature()).isEqualTo("c4eb0d1d");
  }

  @Test
  void signaturesDifferWithAllThatDecidesTheBatches() {
    Example masked = new Example(new int[] {0, 1}, new int[] {0, IGNORED});
    List<String> all =
        List.of(
            signature(1, Order.shuffled(7)),
            signature(2, Order.shuffled(7)),
            signature(1, Order.shuffled(8)),
            signature(1, Order.grouped(7)),
            signature(1, Order.asListed()),
            new Batches(numbered(4), 1, Order.shuffled(7)).signature(),
            new Batches(List.of(masked), 1, Order.shuffled(7)).signature(),
            new Batches(numbered(1), 1, Order.shuffled(7)).signature(),
            new Batches(Packing.of(numbered(3), 4), 1, Order.shuffled(7)).signature(),
            new Batches(Packing.of(numbered(3), 6), 1, Order.shuffled(7)).signature());
    assertThat(all).doesNotHaveDuplicates().allMatch(digest -> digest.matches("[0-9a-f]{8}"));
  }

  private static String signature(int batchSize, Order order) {
    return new Batches(numbered(3), batchSize, order).signature();
  }

  @Test
  void rejectWhatMakesNoBatch() {
    assertThatThrownBy(() -> new Batches(List.of(), 2, Order.asListed()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be at least one example");
    assertThatThrownBy(() -> new Batches(numbered(2), 0, Order.shuffled(7)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batchSize must be at least 1 but was 0");
    assertThatThrownBy(() -> new Batches(numbered(2), 1, Order.asListed()).batch(-1))
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
