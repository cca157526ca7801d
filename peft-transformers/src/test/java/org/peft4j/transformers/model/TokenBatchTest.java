package org.peft4j.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenBatchTest {

  private static final int NONE = TokenBatch.IGNORED;

  @Test
  void padsOnTheRight() {
    TokenBatch batch = TokenBatch.of(List.of(new int[] {5, 6, 7}, new int[] {8}));

    assertThat(batch.ids()).containsExactly(5, 6, 7, 8, 0, 0);
    assertThat(batch.lengths()).containsExactly(3, 1);
    assertThat(batch.positions()).containsExactly(0, 1, 2, 0, 1, 2);
  }

  @Test
  void everyRowPredictsTheNextTokenOfItsSequence() {
    TokenBatch batch = TokenBatch.of(List.of(new int[] {5, 6, 7}, new int[] {8, 9}));

    assertThat(batch.shiftedLabels()).containsExactly(6, 7, NONE, 9, NONE, NONE);
    assertThat(batch.targets()).isEqualTo(3);
  }

  @Test
  void positionsWithoutALabelAreNotPredicted() {
    TokenBatch batch =
        TokenBatch.of(List.of(new int[] {5, 6, 7, 8}), List.of(new int[] {NONE, NONE, 7, 8}));

    assertThat(batch.shiftedLabels()).containsExactly(NONE, 7, 8, NONE);
    assertThat(batch.targets()).isEqualTo(2);
  }

  @Test
  void paddingIsNeverPredictedWhateverItsLabel() {
    TokenBatch batch = new TokenBatch(1, 3, new int[] {5, 6, 0}, new int[] {2}, new int[3]);

    assertThat(batch.shiftedLabels()).containsExactly(0, NONE, NONE);
  }

  @Test
  void rejectsALabelThatTheModelDoesNotKnow() {
    TokenBatch batch =
        TokenBatch.of(
            List.of(new int[] {5, 6, 7}, new int[] {8, 9}),
            List.of(new int[] {NONE, 6, 7}, new int[] {8, 40}));

    assertThat(batch.shiftedLabels(41)).containsExactly(6, 7, NONE, 40, NONE, NONE);
    assertThatThrownBy(() -> batch.shiftedLabels(40))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the label 40 of position 1 of sequence 1 is none of the model's 40 tokens; labels are token ids, or negative where nothing is to be predicted");
  }

  /** 65,537 times 65,536 is 65,536 to an int. */
  @Test
  void rejectsMorePositionsThanAnIntCanCount() {
    int[] row = new int[65_536];
    String message =
        "a batch has at most 2147483647 positions but 65537 sequences of 65536 are 4295032832; use fewer or shorter sequences at once";
    List<int[]> rows = Collections.nCopies(65_537, row);

    assertThatThrownBy(() -> TokenBatch.of(rows)).hasMessage(message);
    assertThatThrownBy(() -> new TokenBatch(65_537, 65_536, row, new int[65_537], row))
        .hasMessage(message);
  }

  @Test
  void rejectsLabelsOfAnotherLength() {
    assertThatThrownBy(() -> TokenBatch.of(List.of(new int[] {1, 2}), List.of(new int[] {1, 2, 3})))
        .hasMessage("labels of sequence 0 must hold 2 numbers but held 3");
  }

  @Test
  void rejectsAnEmptySequence() {
    assertThatThrownBy(() -> TokenBatch.of(List.of(new int[] {1}, new int[0])))
        .hasMessage(
            "a sequence has at least one example, each of at least one token, within 1 positions, but those of sequence 1 end at [0]");
  }

  @Test
  void rejectsABatchOfNothing() {
    assertThatThrownBy(() -> TokenBatch.of(List.of()))
        .hasMessage("a batch has at least one sequence and one position but got 0 x 0");
  }

  @Test
  void roundsItsLengthUpWithoutPredictingMore() {
    TokenBatch batch = TokenBatch.of(List.of(new int[] {1, 2, 3}, new int[] {4, 5}));

    TokenBatch rounded = batch.roundedUp();

    assertThat(rounded.length()).isEqualTo(32);
    assertThat(rounded.lengths()).containsExactly(3, 2);
    assertThat(rounded.longest()).isEqualTo(3);
    assertThat(rounded.targets()).isEqualTo(batch.targets());
    assertThat(rounded.ids()[32]).isEqualTo(4);
    assertThat(rounded.roundedUp()).isSameAs(rounded);
  }

  @Test
  void packedExamplesCountTheirPositionsFromZero() {
    TokenBatch batch = packed();

    assertThat(batch.ids()).containsExactly(5, 6, 7, 8, 9, 1, 2, 0, 0, 0);
    assertThat(batch.lengths()).containsExactly(5, 2);
    assertThat(batch.longest()).isEqualTo(3);
    assertThat(batch.positions()).containsExactly(0, 1, 2, 0, 1, 0, 1, 2, 3, 4);
    assertThat(batch.starts()).containsExactly(0, 0, 0, 3, 3, 0, 0, 0, 0, 0);
  }

  @Test
  void thePaddingBehindPackedExamplesGoesWithTheLast() {
    TokenBatch batch = packed().roundedUp();

    assertThat(batch.length()).isEqualTo(32);
    assertThat(batch.starts()).startsWith(0, 0, 0, 3, 3, 3, 3).doesNotContain(32);
    assertThat(batch.positions()).startsWith(0, 1, 2, 0, 1, 2, 3);
    assertThat(batch.targets()).isEqualTo(4);
  }

  @Test
  void batchesWithoutPackingHaveNoStarts() {
    assertThat(TokenBatch.of(List.of(new int[] {5, 6}, new int[] {8})).starts()).isEmpty();
  }

  @Test
  void theFirstTokenOfAPackedExampleIsNeverPredicted() {
    TokenBatch batch = packed();

    assertThat(batch.shiftedLabels())
        .containsExactly(6, 7, NONE, 9, NONE, 2, NONE, NONE, NONE, NONE);
    assertThat(batch.targets()).isEqualTo(4);
  }

  @Test
  void everyPackedExampleOwnsItsRows() {
    assertThat(packed().marks().sequences()).containsExactly(0, 0, 0, 1, 1, 2, 2, -1, -1, -1);
    assertThat(packed().marks().withLabel()).containsExactly(0, 1, 2, 3, 4, 5, 6);
  }

  @Test
  void rejectsPackedExamplesWithLabelsOfAnotherLength() {
    List<List<int[]>> ids = List.of(List.of(new int[2], new int[3]));
    List<List<int[]>> labels = List.of(List.of(new int[3], new int[2]));
    assertThatThrownBy(() -> TokenBatch.packed(ids, labels))
        .hasMessage("the examples end at [[2, 5]] but their labels at [[3, 5]]");
  }

  @Test
  void rejectsEndsThatDoNotRise() {
    int[] four = new int[4];
    assertThatThrownBy(() -> new TokenBatch(1, 4, four, new int[][] {{2, 2, 4}}, four))
        .hasMessage(
            "a sequence has at least one example, each of at least one token, within 4 positions, but those of sequence 0 end at [2, 2, 4]");
    assertThatThrownBy(() -> new TokenBatch(1, 4, four, new int[][] {{2, 5}}, four))
        .hasMessageEndingWith("those of sequence 0 end at [2, 5]");
    assertThatThrownBy(() -> new TokenBatch(1, 4, four, new int[][] {{}}, four))
        .hasMessageEndingWith("those of sequence 0 end at []");
    assertThatThrownBy(() -> new TokenBatch(1, 4, four, new int[0][], four))
        .hasMessage("ends must tell of 1 sequences but told of 0");
  }

  /** Two examples in one sequence and one in another. */
  private static TokenBatch packed() {
    List<List<int[]>> ids =
        List.of(List.of(new int[] {5, 6, 7}, new int[] {8, 9}), List.of(new int[] {1, 2}));
    return TokenBatch.packed(ids, ids);
  }
}
