package org.peft4j.testkit.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Write;

/** Operations between token ids and rows of numbers. */
public interface TokenContract extends KernelsFixture {

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "4, 7, 3", "20, 5, 33", "3, 9, 1000"})
  default void gathersRows(int rows, int vocabulary, int columns) {
    double[][] table = Cases.random(1, vocabulary, columns);
    int[] ids = Cases.ids(2, rows, vocabulary);
    double[][] expected = Arrays.stream(ids).mapToObj(id -> table[id]).toArray(double[][]::new);
    assertWrites(
        expected,
        (write, out) -> kernels().gather(buffer(table), kernels().indices(ids), write, out));
  }

  @Test
  default void gathersRowsThatLieTogether() {
    double[][] table = Cases.random(1, 9, 5000);
    int[] ids = {3, 4, 5, 0, 1, 8, 8, 7};
    double[][] expected = Arrays.stream(ids).mapToObj(id -> table[id]).toArray(double[][]::new);
    assertWrites(
        expected,
        (write, out) -> kernels().gather(buffer(table), kernels().indices(ids), write, out));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "4, 7, 3", "20, 5, 33", "3, 9, 1000"})
  default void addsRowsToTheRowsTheyCameFrom(int rows, int vocabulary, int columns) {
    double[][] old = Cases.random(1, vocabulary, columns);
    double[][] x = Cases.random(2, rows, columns);
    int[] ids = Cases.ids(3, rows, vocabulary);
    double[][] expected = ReferenceKernels.copy(old);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        expected[ids[i]][j] -= 1.5 * x[i][j];
      }
    }
    Buffer table = buffer(old);
    kernels().scatterAdd(buffer(x), kernels().indices(ids), -1.5, table);
    assertClose(expected, table);
  }

  @ParameterizedTest
  @CsvSource({"1, 2", "1, 1", "5, 3", "17, 33", "4, 1000"})
  default void computesTheCrossEntropy(int rows, int vocabulary) {
    double[][] logits = Cases.random(1, rows, vocabulary);
    assertCrossEntropy(logits, Cases.ids(2, rows, vocabulary));
  }

  @Test
  default void leavesRowsWithoutALabelOutOfTheCrossEntropy() {
    assertCrossEntropy(Cases.random(1, 4, 6), new int[] {-100, 2, -1, 5});
    assertCrossEntropy(Cases.random(1, 3, 6), new int[] {-100, -100, -100});
  }

  @Test
  default void computesTheCrossEntropyOfEachRow() {
    double[][] logits = Cases.random(1, 4, 6);
    int[] labels = {-100, 2, -1, 5};

    double[] losses = crossEntropies(buffer(logits), labels, null);

    assertEquals(4, losses.length);
    for (int i = 0; i < 4; i++) {
      double expected =
          ReferenceKernels.crossEntropy(new double[][] {logits[i]}, new int[] {labels[i]});
      assertEquals(expected, losses[i], tolerance());
    }
  }

  @Test
  default void computesTheCrossEntropyOfVeryLargeLogits() {
    double[][] logits =
        held(new double[][] {{1e4, -1e4, 0}, {-1e4, -1e4, -1e4}, {1e4, 1e4, 1e4 - 2}});
    assertCrossEntropy(logits, new int[] {0, 1, 2});
    assertCrossEntropy(logits, new int[] {1, 2, 0});
  }

  @Test
  default void computesTheCrossEntropyOfEqualLogits() {
    double[] losses = crossEntropies(buffer(Cases.constant(3, 2, 8)), new int[] {0, 7}, null);
    assertEquals(2 * Math.log(8), sum(losses), tolerance() * 10);
  }

  /** The slope of the loss agrees with differences of the loss. */
  @Test
  default void differentiatesTheCrossEntropy() {
    double[][] logits = Cases.random(1, 5, 7);
    int[] labels = {3, -100, 0, 6, 6};
    Buffer gradient = output(5, 7);
    crossEntropies(buffer(logits), labels, gradient);
    assertSlopes(
        FiniteDifferences.gradient(
            moved -> new double[][] {{ReferenceKernels.crossEntropy(moved, labels)}},
            logits,
            new double[][] {{1}}),
        gradient);
  }

  @ParameterizedTest
  @ValueSource(ints = {6, 7, 4000, Integer.MAX_VALUE})
  default void refusesALabelBeyondTheScores(int label) {
    Buffer logits = buffer(Cases.random(1, 3, 6));
    int[] labels = {5, label, -100};
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> crossEntropies(logits, labels, null));
    assertEquals(
        "label "
            + label
            + " of row 1 has no score among 6; labels count from 0, and are negative where nothing is to be predicted",
        e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 10, 4000, -1, Integer.MIN_VALUE})
  default void refusesAnIdBeyondTheTable(int id) {
    Buffer table = buffer(Cases.random(1, 9, 5));
    Buffer rows = buffer(Cases.random(2, 3, 5));
    int[] ids = {8, 0, id};
    String message = "id " + id + " at place 2 names none of the table's 9 rows; ids count from 0";
    for (Executable call :
        List.<Executable>of(
            () -> kernels().gather(table, kernels().indices(ids), Write.SET, rows),
            () -> kernels().scatterAdd(rows, kernels().indices(ids), 1, table))) {
      assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
    }
    assertClose(Cases.random(2, 3, 5), rows);
    assertClose(Cases.random(1, 9, 5), table);
  }

  @Test
  default void refusesLabelsForAnotherNumberOfRows() {
    Buffer logits = buffer(Cases.random(1, 3, 6));
    Exception e =
        assertThrows(
            IllegalArgumentException.class, () -> crossEntropies(logits, new int[2], null));
    assertEquals("2 labels for 3 rows of shape [3, 6]", e.getMessage());
  }

  private void assertCrossEntropy(double[][] logits, int[] labels) {
    double expected = ReferenceKernels.crossEntropy(logits, labels);
    double bound = tolerance() * Math.max(1, expected);
    Buffer gradient = output(logits.length, logits[0].length);
    assertEquals(expected, sum(crossEntropies(buffer(logits), labels, gradient)), bound);
    assertEquals(expected, sum(crossEntropies(buffer(logits), labels, null)), bound);
    assertClose(ReferenceKernels.crossEntropyGradient(logits, labels), gradient);
  }

  private static double sum(double[] losses) {
    return Arrays.stream(losses).sum();
  }
}
