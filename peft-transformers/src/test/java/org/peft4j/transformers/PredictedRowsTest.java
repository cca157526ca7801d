package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PredictedRowsTest {

  @Test
  void everySequenceHasTheSameNumberAndNothingIsLost() {
    int[] ids = IntStream.range(0, 100).toArray();
    int[] few = new int[100];
    Arrays.fill(few, TokenBatch.IGNORED);
    few[40] = 7;
    few[90] = 8;
    int[] more = few.clone();
    Arrays.fill(more, 10, 50, 3);
    TokenBatch batch = TokenBatch.of(List.of(ids, ids), List.of(few, more));

    PredictedRows predicted = PredictedRows.of(batch);

    assertThat(predicted.rows()).hasSize(2 * 64);
    assertThat(Arrays.stream(predicted.rows(), 0, 64)).allMatch(row -> row < 100);
    assertThat(Arrays.stream(predicted.rows()).skip(64)).allMatch(row -> row >= 100);
    assertThat(Arrays.stream(predicted.labels()).filter(label -> label >= 0).count())
        .isEqualTo(batch.targets());
    assertThat(predicted.rows()).startsWith(39, 89);
    assertThat(predicted.labels()).startsWith(7, 8, TokenBatch.IGNORED);
  }

  @Test
  void packedSequencesKeepAllThatTheirExamplesPredict() {
    int[] ids = IntStream.range(0, 40).toArray();
    List<List<int[]>> sequences = List.of(List.of(ids, ids, ids), List.of(ids));
    int[] few = new int[40];
    Arrays.fill(few, TokenBatch.IGNORED);
    few[0] = 6;
    few[20] = 7;
    List<List<int[]>> labels = List.of(List.of(few, few, few), List.of(few));
    TokenBatch batch = TokenBatch.packed(sequences, labels);

    PredictedRows predicted = PredictedRows.of(batch);

    assertThat(predicted.rows()).hasSize(2 * 32).startsWith(19, 59, 99);
    assertThat(Arrays.stream(predicted.rows(), 0, 32)).allMatch(row -> row < 120);
    assertThat(predicted.rows()[32]).isEqualTo(120 + 19);
    assertThat(Arrays.stream(predicted.labels()).filter(label -> label >= 0).toArray())
        .containsExactly(7, 7, 7, 7);
  }

  @Test
  void shortBatchesAreTakenWhole() {
    TokenBatch batch = TokenBatch.of(List.of(new int[] {1, 2, 3}, new int[] {4, 5}));

    assertThat(PredictedRows.of(batch).rows()).containsExactly(0, 1, 2, 3, 4, 5);
  }
}
