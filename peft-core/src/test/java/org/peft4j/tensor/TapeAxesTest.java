package org.peft4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.plain.PlainKernels;

/** Sums over an axis, parts of one, and joining along one. */
class TapeAxesTest {

  private final Tape t = Tape.training(new PlainKernels());
  private final Tensor x = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);

  @AfterEach
  void close() {
    t.close();
  }

  @Test
  void sumsOverAnAxisThatTheResultLacks() {
    assertIs(t.sum(x, 0), Shape.of(3), 5, 7, 9);
    assertIs(t.sum(x, 1), Shape.of(2), 6, 15);
    assertIs(t.mean(x, 0), Shape.of(3), 2.5, 3.5, 4.5);
    assertIs(t.sum(x), Shape.of(), 21);
    assertIs(t.mean(x), Shape.of(), 3.5);
    Tensor cube = t.reshape(t.concat(List.of(x, x), 0), 2, 2, 3);
    assertIs(t.sum(cube, 1), Shape.of(2, 3), 5, 7, 9, 5, 7, 9);
  }

  @Test
  void joinsAndCutsAlongAnyAxis() {
    assertIs(t.concat(List.of(x, x), 0), Shape.of(4, 3), 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6);
    assertIs(t.concat(List.of(x, x), 1), Shape.of(2, 6), 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6);
    assertIs(t.slice(x, 0, 1, 2), Shape.of(1, 3), 4, 5, 6);
    assertIs(t.slice(x, 1, 1, 3), Shape.of(2, 2), 2, 3, 5, 6);
  }

  @Test
  void sumsOfHalfWidthAreWider() {
    Buffer half = Buffer.allocate(DataType.BFLOAT16, Shape.of(2, 3));
    half.put(new double[] {256, 1, 1, 1, 1, 1});
    assertThat(t.sum(Tensor.of(half)).type()).isEqualTo(DataType.FLOAT32);
    assertIs(t.sum(Tensor.of(half)), Shape.of(), 261);
    assertIs(t.sum(Tensor.of(half), 1), Shape.of(2), 258, 3);
    assertIs(t.sum(Tensor.of(half), 0), Shape.of(3), 257, 2, 2);
    assertThat(t.logSoftmax(Tensor.of(half)).type()).isEqualTo(DataType.FLOAT32);
    assertThat(t.softmax(Tensor.of(half)).type()).isEqualTo(DataType.BFLOAT16);
  }

  /** In which they are added up, too, as in a layer that passes it on. */
  @Test
  void passesGradientsToHalfWidth() {
    Tensor half = Tensor.parameter(Buffer.allocate(DataType.BFLOAT16, Shape.of(2, 3)));
    half.value().put(new double[] {1, 2, 3, 4, 5, 6});
    Tensor joined = t.concat(List.of(t.softmax(half), t.exp(half)), 1);
    Tensor sums = t.add(t.sum(t.sum(joined, 0)), t.sum(t.sum(t.logSoftmax(half), 1)));
    t.backward(sums, 1);
    assertThat(half.gradient().toDoubles())
        .usingElementComparator((a, b) -> Math.abs(a - b) < 0.02 * Math.abs(b) ? 0 : 1)
        .containsExactly(
            slope(1, 1), slope(2, 2), slope(3, 3), slope(4, 1), slope(5, 2), slope(6, 3));
  }

  /** {@code exp(x) + 1 - 3 · softmax}. */
  private static double slope(double x, int column) {
    double share = Math.exp(column) / (Math.exp(1) + Math.exp(2) + Math.exp(3));
    return Math.exp(x) + 1 - 3 * share;
  }

  @Test
  void refusesAxesAndPositionsThatAreNotThere() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.sum(x, 2))
        .withMessage("axis must be from 0 to 1 for shape [2, 3] but was 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.mean(x, -1))
        .withMessage("axis must be from 0 to 1 for shape [2, 3] but was -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.sum(t.sum(x), 0))
        .withMessage("a scalar has no axis but got axis 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.slice(x, 1, 2, 4))
        .withMessage("axis 1 of shape [2, 3] has no positions from 2 to 4 (exclusive)");
  }

  @Test
  void refusesShapesThatDoNotFit() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.concat(List.of(x, t.transpose(x)), 1))
        .withMessage("cannot join [2, 3] and [3, 2] along axis 1: all other axes must be equal");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.concat(List.of(x, t.sum(x, 0)), 0))
        .withMessage("cannot join [2, 3] and [3] along axis 0: all other axes must be equal");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.concat(List.of(), 0))
        .withMessage("got no tensors to join; it takes one or more");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.div(x, t.transpose(x)))
        .withMessage("shapes differ: [2, 3] and [3, 2]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.mean(Tensor.of(new double[0], 0, 3)))
        .withMessage("the mean of no elements, of shape [0, 3]");
  }

  private static void assertIs(Tensor actual, Shape shape, double... expected) {
    assertThat(actual.shape()).isEqualTo(shape);
    assertThat(actual.value().toDoubles()).containsExactly(expected);
  }
}
