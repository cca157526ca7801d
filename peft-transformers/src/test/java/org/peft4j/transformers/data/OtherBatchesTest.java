package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.peft4j.transformers.model.ClassBatch;
import org.peft4j.transformers.model.TokenBatch;
import org.peft4j.transformers.preference.PreferenceBatch;

/** Batches of texts with labels and of pairs. */
class OtherBatchesTest {

  private static final List<ClassExample> TEXTS =
      IntStream.range(0, 5).mapToObj(i -> new ClassExample(new int[] {i, 9}, i % 3)).toList();

  private static final List<Preference> PAIRS =
      IntStream.range(0, 3)
          .mapToObj(
              i ->
                  new Preference(
                      answer(10 + i, 1, 2, 3), i == 1 ? answer(10 + i, 4) : answer(10 + i, 5, 6)))
          .toList();

  private static Example answer(int prompt, int... answer) {
    int[] ids = IntStream.concat(IntStream.of(prompt), IntStream.of(answer)).toArray();
    int[] labels = ids.clone();
    labels[0] = TokenBatch.IGNORED;
    return new Example(ids, labels);
  }

  @Test
  void labelsStayWithTheirTexts() {
    ClassBatches batches = new ClassBatches(TEXTS, 2, Order.shuffled(4));
    List<Integer> seen = new ArrayList<>();

    batches
        .epochs(2)
        .forEachRemaining(
            batch -> {
              for (int s = 0; s < batch.labels().length; s++) {
                int id = batch.tokens().ids()[s * batch.tokens().length()];
                assertThat(batch.labels()[s]).isEqualTo(id % 3);
                seen.add(id);
              }
            });

    assertThat(batches.perEpoch()).isEqualTo(3);
    assertThat(seen.subList(0, 5)).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    assertThat(seen.subList(5, 10)).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
  }

  @Test
  void textsArePaddedToFewLengths() {
    ClassBatch batch = new ClassBatches(TEXTS, 2, Order.asListed()).batch(1);

    assertThat(batch.tokens().length()).isEqualTo(32);
    assertThat(batch.tokens().lengths()).containsExactly(2, 2);
    assertThat(batch.labels()).containsExactly(2, 0);
  }

  @Test
  void chosenAnswersComeBeforeRejectedOnes() {
    PreferenceBatches batches = new PreferenceBatches(PAIRS, 2, Order.asListed());

    PreferenceBatch first = batches.batch(0);
    PreferenceBatch second = batches.batch(1);

    assertThat(first.pairs()).isEqualTo(2);
    assertThat(first.both().lengths()).containsExactly(4, 4, 3, 2);
    assertThat(first.answerLengths()).containsExactly(3, 3, 2, 1);
    assertThat(IntStream.range(0, 4).map(s -> first.both().ids()[32 * s]))
        .containsExactly(10, 11, 10, 11);
    assertThat(second.pairs()).isEqualTo(1);
    assertThat(batches.perEpoch()).isEqualTo(2);
    assertThat(batches.epochs(2)).toIterable().hasSize(4);
  }

  @Test
  void aSignatureTellsWhatDecidesTheBatches() {
    String texts = new ClassBatches(TEXTS, 2, Order.shuffled(4)).signature();
    String pairs = new PreferenceBatches(PAIRS, 2, Order.shuffled(4)).signature();

    assertThat(texts).isEqualTo(new ClassBatches(TEXTS, 2, Order.shuffled(4)).signature());
    assertThat(texts).matches("[0-9a-f]{8}");
    assertThat(texts).isNotEqualTo(new ClassBatches(TEXTS, 3, Order.shuffled(4)).signature());
    assertThat(texts).isNotEqualTo(new ClassBatches(TEXTS, 2, Order.shuffled(5)).signature());
    assertThat(texts)
        .isNotEqualTo(new ClassBatches(relabelled(), 2, Order.shuffled(4)).signature());
    assertThat(pairs).isEqualTo(new PreferenceBatches(PAIRS, 2, Order.shuffled(4)).signature());
    assertThat(pairs)
        .isNotEqualTo(new PreferenceBatches(swapped(), 2, Order.shuffled(4)).signature());
  }

  private static List<ClassExample> relabelled() {
    List<ClassExample> texts = new ArrayList<>(TEXTS);
    texts.set(4, new ClassExample(TEXTS.get(4).ids(), 2));
    return texts;
  }

  private static List<Preference> swapped() {
    List<Preference> pairs = new ArrayList<>(PAIRS);
    pairs.set(2, new Preference(PAIRS.get(2).rejected(), PAIRS.get(2).chosen()));
    return pairs;
  }

  @Test
  void whatCannotBeABatchIsRefused() {
    assertThatThrownBy(() -> new ClassBatches(List.of(), 2, Order.asListed()))
        .hasMessage("there must be at least one example");
    assertThatThrownBy(() -> new PreferenceBatches(PAIRS, 0, Order.asListed()))
        .hasMessage("batchSize must be at least 1 but was 0");
    assertThatThrownBy(() -> new ClassBatches(TEXTS, 2, Order.asListed()).batch(-1))
        .hasMessage("number must be at least 0 but was -1");
    assertThatThrownBy(() -> new ClassExample(new int[] {1}, -1))
        .hasMessage(
            "an example has at least one token and a label of at least 0 but got 1 tokens and label -1");
  }
}
