package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackingTest {

  @Test
  void eachExampleGoesWhereItLeavesTheLeastRoom() {
    assertThat(lengths(Packing.of(examples(3, 8, 6, 2, 4, 7), 10)))
        .isEqualTo(List.of(List.of(8, 2), List.of(7, 3), List.of(6, 4)));
  }

  @Test
  void examplesOfOneLengthKeepTheirOrder() {
    List<Example> examples = examples(5, 5, 5, 5);
    assertThat(Packing.of(examples, 10).rows())
        .isEqualTo(List.of(examples.subList(0, 2), examples.subList(2, 4)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 17, 400})
  void packsAsTheDefinitionSaysAndLosesNothing(int count) {
    Random random = new Random(count);
    int[] lengths = random.ints(count, 1, 65).toArray();
    List<Example> examples = examples(lengths);

    Packing packing = Packing.of(examples, 64);

    assertThat(lengths(packing)).isEqualTo(bestFitDecreasing(lengths, 64));
    Set<Example> packed = Collections.newSetFromMap(new IdentityHashMap<>());
    packing.rows().forEach(packed::addAll);
    assertThat(packed).containsExactlyInAnyOrderElementsOf(examples);
    assertThat(packing.rows()).isEqualTo(Packing.of(examples, 64).rows());
  }

  @Test
  void saysHowMuchPaddingIsLeft() {
    assertThat(Packing.of(examples(8, 7, 3), 10).padding()).isEqualTo(0.1);
    assertThat(Packing.of(examples(5, 5, 10), 10).padding()).isZero();
  }

  @Test
  void packsManyExamplesInLittleTime() {
    int[] lengths = new Random(1).ints(200_000, 1, 1025).toArray();
    Packing packing = Packing.of(examples(lengths), 2048);
    assertThat(packing.padding()).isLessThan(0.001);
  }

  @Test
  void rejectsAnExampleThatNoRowHolds() {
    assertThatThrownBy(() -> Packing.of(examples(3, 11), 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "example 1 has 11 tokens and does not fit into a row of 10; cut it or make the rows longer");
  }

  @Test
  void rejectsRowsThatAreNone() {
    assertThatThrownBy(() -> Packing.of(List.of(), 10))
        .hasMessage("there must be at least one example");
    assertThatThrownBy(() -> new Packing(List.of(examples(5), examples(6, 5)), 10))
        .hasMessage("row 1 must have between 1 and 10 tokens but has 11");
    assertThatThrownBy(() -> new Packing(List.of(List.of()), 10))
        .hasMessage("row 0 must have between 1 and 10 tokens but has 0");
  }

  /** The same by looking at every row. */
  private static List<List<Integer>> bestFitDecreasing(int[] lengths, int rowLength) {
    List<List<Integer>> rows = new ArrayList<>();
    Arrays.stream(lengths)
        .boxed()
        .sorted(Collections.reverseOrder())
        .forEach(
            length ->
                rows.stream()
                    .filter(row -> sum(row) + length <= rowLength)
                    .max((a, b) -> sum(a) - sum(b))
                    .orElseGet(
                        () -> {
                          rows.add(new ArrayList<>());
                          return rows.get(rows.size() - 1);
                        })
                    .add(length));
    return rows;
  }

  private static int sum(List<Integer> row) {
    return row.stream().mapToInt(length -> length).sum();
  }

  private static List<List<Integer>> lengths(Packing packing) {
    return packing.rows().stream()
        .map(row -> row.stream().map(example -> example.ids().length).toList())
        .toList();
  }

  private static List<Example> examples(int... lengths) {
    return Arrays.stream(lengths).mapToObj(length -> Example.of(new int[length])).toList();
  }
}
