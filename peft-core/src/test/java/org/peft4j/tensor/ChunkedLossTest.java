package org.peft4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.plain.PlainKernels;

/** A loss whose logits exist a few rows at a time equals the one of all logits. */
class ChunkedLossTest {

  private static final Kernels KERNELS = new PlainKernels();
  private static final int ROWS = 200;
  private static final int WIDTH = 16;
  private static final int VOCABULARY = 40;
  private static final int AT_ONCE = 64;
  private static final Offset<Double> ROUNDING = Offset.offset(1e-12);

  private final Buffer numbers = normal(1, ROWS, WIDTH);
  private final Tensor x = Tensor.parameter(numbers);
  private final Tensor weight = Tensor.parameter(normal(2, VOCABULARY, WIDTH));
  private final FrozenWeight frozen = KERNELS.freeze(weight.value());
  private final int[] labels = new Random(3).ints(ROWS, -VOCABULARY, VOCABULARY).toArray();
  private final int labelled = (int) Arrays.stream(labels).filter(label -> label >= 0).count();

  private final Tape t = Tape.training(KERNELS);

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 32, 64, 1000})
  void equalsTheLossOfAllLogits(int atOnce) {
    t.backward(t.scale(t.crossEntropySum(t.linear(x, frozen), labels), 0.3), 2);
    double[] expected = x.gradient().toDoubles();
    x.clearGradient();

    Tensor loss = t.crossEntropySum(x, labels, atOnce, rows -> t.linear(rows, frozen));
    t.backward(t.scale(loss, 0.3), 2);

    assertThat(loss.item())
        .isCloseTo(t.crossEntropySum(t.linear(x, frozen), labels).item(), Offset.offset(1e-9));
    assertThat(x.gradient().toDoubles()).containsExactly(expected, ROUNDING);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 32, 64, 1000})
  void logProbabilitiesEqualThoseOfAllLogits(int atOnce) {
    Tensor factors = Tensor.of(normal(4, ROWS, 1));
    Tensor all = t.logProbabilities(t.linear(x, weight), labels);
    t.backward(t.sumGroups(t.mul(all, factors), new int[ROWS], 1), 1);
    double[] byX = x.gradient().toDoubles();
    double[] byWeight = weight.gradient().toDoubles();
    x.clearGradient();
    weight.clearGradient();

    Tensor chunked = t.logProbabilities(x, labels, atOnce, rows -> t.linear(rows, weight));
    t.backward(t.sumGroups(t.mul(chunked, factors), new int[ROWS], 1), 1);

    assertThat(chunked.value().toDoubles()).containsExactly(all.value().toDoubles(), ROUNDING);
    assertThat(x.gradient().toDoubles()).containsExactly(byX, ROUNDING);
    assertThat(weight.gradient().toDoubles()).containsExactly(byWeight, Offset.offset(1e-11));
  }

  @Test
  void rowsWithoutALabelAreNotComputed() {
    List<Integer> sizes = new ArrayList<>();

    t.crossEntropySum(x, labels, 32, rows -> counted(sizes, rows));

    int computed = sizes.stream().mapToInt(Integer::intValue).sum();
    assertThat(computed).isBetween(labelled, labelled + 31);
  }

  @Test
  void aFrozenLayerIsComputedOnce() {
    List<Integer> sizes = new ArrayList<>();

    t.backward(t.crossEntropySum(x, labels, AT_ONCE, rows -> counted(sizes, rows)), 1);

    assertThat(sizes).hasSize((labelled + AT_ONCE - 1) / AT_ONCE);
  }

  @Test
  void aLayerThatTrainsIsComputedAgain() {
    List<Integer> sizes = new ArrayList<>();

    Tensor loss =
        t.crossEntropySum(
            x, labels, AT_ONCE, rows -> t.add(counted(sizes, rows), t.linear(rows, weight)));
    assertThat(weight.gradient()).isNull();
    t.backward(loss, 1);

    assertThat(sizes).hasSize(2 * ((labelled + AT_ONCE - 1) / AT_ONCE));
  }

  @Test
  void whereNothingWantsAGradientThereIsNone() {
    Tensor constant = Tensor.of(numbers);
    Tensor loss = t.crossEntropySum(constant, labels, AT_ONCE, rows -> t.linear(rows, frozen));

    assertThatIllegalStateException().isThrownBy(() -> t.backward(loss, 1));
  }

  @Test
  void anInferenceTapeFindsTheSameLoss() {
    double expected = t.crossEntropySum(x, labels, AT_ONCE, rows -> t.linear(rows, weight)).item();
    try (Tape inference = t.inference()) {
      Tensor loss =
          inference.crossEntropySum(x, labels, AT_ONCE, rows -> inference.linear(rows, weight));

      assertThat(loss.item()).isEqualTo(expected);
      assertThat(loss.requiresGradient()).isFalse();
    }
  }

  @Test
  void gradientsOfSeveralBatchesAddUp() {
    gradients(rows -> t.linear(rows, weight), false);
    double[] once = weight.gradient().toDoubles();
    double[] byX = x.gradient().toDoubles();

    gradients(rows -> t.linear(rows, weight), false);

    assertThat(weight.gradient().toDoubles()).containsExactly(twice(once), ROUNDING);
    assertThat(x.gradient().toDoubles()).containsExactly(twice(byX), ROUNDING);
  }

  @Test
  void isTheSameInsideACheckpointedBlock() {
    gradients(rows -> t.linear(rows, frozen), false);
    double[] expected = x.gradient().toDoubles();
    x.clearGradient();

    gradients(rows -> t.linear(rows, frozen), true);

    assertThat(x.gradient().toDoubles()).isEqualTo(expected);
  }

  @Test
  void aLayerThatTrainsMayBeInsideACheckpointedBlock() {
    Tensor constant = Tensor.of(numbers);
    UnaryOperator<Tensor> loss =
        in -> t.crossEntropySum(in, labels, AT_ONCE, rows -> t.linear(rows, weight));
    t.backward(loss.apply(constant), 1);
    double[] expected = weight.gradient().toDoubles();
    weight.clearGradient();

    t.checkpointing(true);
    t.backward(t.block(constant, loss), 1);

    assertThat(weight.gradient().toDoubles()).isEqualTo(expected);
  }

  @Test
  void theLayerMayHoldACheckpointedBlock() {
    gradients(rows -> t.linear(rows, weight), false);
    double[] expected = weight.gradient().toDoubles();
    weight.clearGradient();

    t.checkpointing(true);
    gradients(rows -> t.block(rows, in -> t.linear(in, weight)), false);

    assertThat(weight.gradient().toDoubles()).isEqualTo(expected);
  }

  @Test
  void dropoutDropsTheSameWhenComputedAgain() {
    List<List<Boolean>> dropped = new ArrayList<>();

    t.backward(
        t.crossEntropySum(
            x,
            labels,
            AT_ONCE,
            rows -> {
              Tensor some = t.dropout(rows, 0.5);
              dropped.add(zeros(some));
              return t.linear(some, weight);
            }),
        1);

    int chunks = dropped.size() / 2;
    assertThat(dropped.subList(chunks, 2 * chunks)).isEqualTo(dropped.subList(0, chunks));
    assertThat(dropped.get(1)).isNotEqualTo(dropped.get(0));
  }

  @Test
  void aListenerHearsTheGradientsOfTheLossThatCounts() {
    List<Double> heard = new ArrayList<>();
    Tensor loss =
        t.crossEntropySum(
            x,
            labels,
            1000,
            rows -> t.tap(t.linear(rows, frozen), dy -> heard.add(dy.toDoubles()[0])));
    assertThat(heard).isEmpty();
    t.backward(loss, 1);
    t.backward(
        t.crossEntropySum(
            x,
            labels,
            1000,
            rows -> t.tap(t.linear(rows, frozen), dy -> heard.add(dy.toDoubles()[0]))),
        3);

    assertThat(heard).hasSize(2);
    assertThat(heard.get(1)).isCloseTo(3 * heard.get(0), ROUNDING);
  }

  @Test
  void withoutAnyLabelTheLossIsZeroAndSoAreTheGradients() {
    int[] none = new int[ROWS];
    Arrays.fill(none, -100);

    Tensor loss = t.crossEntropySum(x, none, AT_ONCE, rows -> t.linear(rows, weight));
    t.backward(loss, 1);

    assertThat(loss.item()).isZero();
    assertThat(x.gradient().toDoubles()).containsOnly(0);
    assertThat(weight.gradient().toDoubles()).containsOnly(0);
  }

  @Test
  void theLayerIsToldWhichRowsItIsGiven() {
    List<Integer> told = new ArrayList<>();

    t.crossEntropySum(
        x,
        labels,
        AT_ONCE,
        rows -> {
          PositionSelection selection = t.selection().orElseThrow();
          assertThat(selection.of()).isEqualTo(ROWS);
          assertThat(t.gather(x, selection.positions()).value().toDoubles())
              .isEqualTo(rows.value().toDoubles());
          Arrays.stream(selection.positions()).forEach(told::add);
          return t.linear(rows, frozen);
        });

    assertThat(told)
        .containsAll(IntStream.range(0, ROWS).filter(row -> labels[row] >= 0).boxed().toList());
    assertThat(t.selection()).isEmpty();
  }

  @Test
  void holdsAChunkOfLogitsInsteadOfAll() {
    int wide = 5000;
    Tensor head = Tensor.of(normal(5, wide, WIDTH));
    int[] all = new Random(3).ints(ROWS, 0, wide).toArray();

    t.backward(t.crossEntropySum(x, all, 8, rows -> t.linear(rows, head)), 1);

    assertThat(t.pooledBytes()).isLessThan(8L * ROWS * wide / 8);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void givesAllMemoryBack(boolean trains) {
    UnaryOperator<Tensor> layer =
        trains ? rows -> t.linear(rows, weight) : rows -> t.linear(rows, frozen);
    for (int i = 0; i < 3; i++) {
      gradients(layer, false);
    }
    long after = t.pooledBytes();
    for (int i = 0; i < 5; i++) {
      gradients(layer, false);
    }

    assertThat(t.pooledBytes()).isEqualTo(after);
  }

  @Test
  void theLayerMayHandBackWhatItIsGiven() {
    int[] narrow = new Random(3).ints(ROWS, -WIDTH, WIDTH).toArray();
    t.backward(t.crossEntropySum(x, narrow), 1);
    double[] expected = x.gradient().toDoubles();
    x.clearGradient();

    t.backward(t.crossEntropySum(x, narrow, AT_ONCE, rows -> rows), 1);

    assertThat(x.gradient().toDoubles()).containsExactly(expected, ROUNDING);
  }

  @Test
  void refusesToWriteIntoTheRows() {
    assertThatIllegalStateException()
        .isThrownBy(() -> t.crossEntropySum(x, labels, AT_ONCE, rows -> t.addInto(rows, rows, 1)))
        .withMessageContaining("its old value is still needed");
  }

  @Test
  void refusesAnotherNumberOfLabelsThanRows() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.crossEntropySum(x, new int[3], AT_ONCE, rows -> rows))
        .withMessage("x has 200 rows but there are 3 labels");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.crossEntropySum(x, labels, 0, rows -> rows))
        .withMessage("at least 1 row must be computed at once but atOnce was 0");
  }

  /** The rows are widened, so that the logits, which the loss depends on most, are not rounded. */
  @Test
  void logitsOfBfloat16RowsAreFloat32() {
    Kernels half = new PlainKernels();
    Buffer narrow = Buffer.allocate(DataType.BFLOAT16, Shape.of(ROWS, WIDTH));
    narrow.put(numbers.toDoubles());
    Buffer rounded = Buffer.allocate(DataType.BFLOAT16, Shape.of(VOCABULARY, WIDTH));
    rounded.put(weight.value().toDoubles());
    FrozenWeight head = half.freeze(rounded);
    Tensor exactRows = Tensor.parameter(wide(narrow));
    Tensor exactHead = Tensor.of(wide(rounded));
    double expected = t.crossEntropySum(t.linear(exactRows, exactHead), labels).item();
    t.backward(t.crossEntropySum(t.linear(exactRows, exactHead), labels), 1);
    try (Tape tape = Tape.training(half)) {
      Tensor hidden = Tensor.parameter(narrow);
      Tensor loss = tape.crossEntropySum(hidden, labels, AT_ONCE, rows -> tape.linear(rows, head));
      tape.backward(loss, 1);

      assertThat(loss.type()).isEqualTo(DataType.FLOAT32);
      assertThat(loss.item()).isCloseTo(expected, Offset.offset(1e-6 * expected));
      assertThat(hidden.gradient().toDoubles())
          .containsExactly(exactRows.gradient().toDoubles(), Offset.offset(0.02));
    }
  }

  private void gradients(UnaryOperator<Tensor> layer, boolean checkpointed) {
    if (checkpointed) {
      t.checkpointing(true);
    }
    Tensor start = t.scale(x, 1);
    UnaryOperator<Tensor> loss = in -> t.crossEntropySum(in, labels, AT_ONCE, layer);
    t.backward(checkpointed ? t.block(start, loss) : loss.apply(start), 0.7);
    t.reset();
  }

  private Tensor counted(List<Integer> sizes, Tensor rows) {
    sizes.add(rows.shape().rows());
    return t.linear(rows, frozen);
  }

  private static List<Boolean> zeros(Tensor tensor) {
    return Arrays.stream(tensor.value().toDoubles()).mapToObj(value -> value == 0).toList();
  }

  private static double[] twice(double[] values) {
    return Arrays.stream(values).map(value -> 2 * value).toArray();
  }

  private static Buffer wide(Buffer narrow) {
    Buffer wide = Buffer.allocate(DataType.FLOAT64, narrow.shape());
    wide.put(narrow.toDoubles());
    return wide;
  }

  private static Buffer normal(long seed, int rows, int columns) {
    Random random = new Random(seed);
    Buffer buffer = Buffer.allocate(DataType.FLOAT64, Shape.of(rows, columns));
    buffer.put(random.doubles(buffer.length()).map(any -> random.nextGaussian()).toArray());
    return buffer;
  }
}
