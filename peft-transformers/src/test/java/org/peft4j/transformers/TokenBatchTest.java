package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
  void rejectsLabelsOfAnotherLength() {
    assertThatThrownBy(() -> TokenBatch.of(List.of(new int[] {1, 2}), List.of(new int[] {1, 2, 3})))
        .hasMessage("labels of sequence 0 must hold 2 numbers but held 3");
  }

  @Test
  void rejectsAnEmptySequence() {
    assertThatThrownBy(() -> TokenBatch.of(List.of(new int[] {1}, new int[0])))
        .hasMessage("lengths[1] must be between 1 and 1 but was 0");
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
}
