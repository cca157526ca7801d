package org.peft4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.plain.PlainKernels;

class BlockTest {

  private static final Kernels KERNELS = new PlainKernels();
  private static final int WIDTH = 16;
  private static final int ROWS = 8;
  private static final int BLOCKS = 6;

  private final List<Tensor> weights = new ArrayList<>();
  private final Tensor x = Tensor.of(normal(99, ROWS));
  private int computed;

  BlockTest() {
    for (int i = 0; i < BLOCKS; i++) {
      weights.add(Tensor.parameter(normal(i, WIDTH)));
    }
  }

  @Test
  void gradientsAreTheSameBits() {
    assertThat(gradients(true)).isEqualTo(gradients(false));
  }

  @Test
  void computesEachBlockTwice() {
    gradients(true);

    assertThat(computed).isEqualTo(2 * BLOCKS);
  }

  @Test
  void aBlockInWhichNothingTrainsIsComputedOnce() {
    List<Tensor> all = List.copyOf(weights);
    weights.replaceAll(weight -> Tensor.of(weight.value()));
    weights.set(BLOCKS - 2, all.get(BLOCKS - 2));

    gradients(true);

    assertThat(computed).isEqualTo(BLOCKS + 2);
  }

  @Test
  void keepsTheInputsAndTheInsidesOfOneBlock() {
    assertThat(pooled(true)).isLessThan(pooled(false) / 2);
  }

  @Test
  void givesAllMemoryBack() {
    try (Tape t = Tape.training(KERNELS)) {
      t.checkpointing(true);
      for (int i = 0; i < 3; i++) {
        t.backward(loss(t), 1);
        t.reset();
      }
      long after = t.pooledBytes();
      for (int i = 0; i < 5; i++) {
        t.backward(loss(t), 1);
        t.reset();
      }

      assertThat(t.pooledBytes()).isEqualTo(after);
    }
  }

  @Test
  void blocksMayHoldBlocks() {
    assertThat(nested(true)).isEqualTo(nested(false));
  }

  @Test
  void theInputMayTrainToo() {
    assertThat(gradientOfInput(true)).isEqualTo(gradientOfInput(false));
  }

  @Test
  void theInputKeepsItsValue() {
    try (Tape t = Tape.training(KERNELS)) {
      t.checkpointing(true);
      Tensor h = t.linear(x, weights.get(0));

      assertThatIllegalStateException()
          .isThrownBy(
              () -> {
                Tensor y = t.block(h, in -> t.add(t.linear(in, weights.get(1)), in));
                t.addInto(h, y, 1);
              })
          .withMessageContaining("its old value is still needed");
    }
  }

  @Test
  void aBlockThatHandsBackItsInputPassesTheGradientOn() {
    assertThat(throughNothing(true)).isEqualTo(throughNothing(false));
  }

  @Test
  void refusesToWriteIntoTheInputAtOnce() {
    try (Tape t = Tape.training(KERNELS)) {
      t.checkpointing(true);
      Tensor h = t.linear(x, weights.get(0));

      assertThatIllegalStateException()
          .isThrownBy(() -> t.block(h, in -> t.addInto(in, x, 1)))
          .withMessage("cannot write into this [8, 16] tensor: its old value is still needed");
    }
  }

  @Test
  void aListenerHearsOfAGradientOnce() {
    assertThat(heard(true)).hasSize(1).isEqualTo(heard(false));
  }

  @Test
  void inferenceComputesOnce() {
    try (Tape t = Tape.inference(KERNELS)) {
      t.checkpointing(true);
      loss(t);

      assertThat(computed).isEqualTo(BLOCKS);
    }
  }

  @Test
  void drawsTheSameRandomNumbersAfterABlockAsWithoutCheckpointing() {
    assertThat(droppedAfter(true)).isEqualTo(droppedAfter(false));
  }

  private double[] throughNothing(boolean checkpointing) {
    weights.forEach(Tensor::clearGradient);
    try (Tape t = Tape.training(KERNELS)) {
      t.checkpointing(checkpointing);
      Tensor h = t.linear(x, weights.get(0));
      Tensor y = t.block(t.block(h, in -> in), in -> t.linear(in, weights.get(1)));
      t.backward(t.meanSquaredError(y, x), 1);
      return all(weights.subList(0, 2));
    }
  }

  /** In a block where nothing trains. */
  private List<List<Double>> heard(boolean checkpointing) {
    List<List<Double>> heard = new ArrayList<>();
    Tensor frozen = Tensor.of(normal(0, WIDTH));
    try (Tape t = Tape.training(KERNELS)) {
      t.checkpointing(checkpointing);
      Tensor y =
          t.block(
              x,
              in ->
                  t.tap(
                      t.linear(in, frozen),
                      dy -> heard.add(Arrays.stream(dy.toDoubles()).boxed().toList())));
      t.backward(t.meanSquaredError(y, x), 1);
    }
    return heard;
  }

  private double[] droppedAfter(boolean checkpointing) {
    try (Tape t = Tape.training(KERNELS)) {
      t.seed(4);
      t.checkpointing(checkpointing);
      Tensor y = t.block(x, in -> t.dropout(t.linear(in, weights.get(0)), 0.5));
      return t.dropout(y, 0.5).value().toDoubles();
    }
  }

  private double[] gradientOfInput(boolean checkpointing) {
    Tensor input = Tensor.parameter(normal(5, ROWS));
    try (Tape t = Tape.training(KERNELS)) {
      t.checkpointing(checkpointing);
      Tensor y = t.block(input, in -> t.add(t.linear(in, weights.get(0)), in));
      t.backward(t.meanSquaredError(t.add(y, input), x), 1);
      return input.gradient().toDoubles();
    }
  }

  private double[] nested(boolean checkpointing) {
    weights.forEach(Tensor::clearGradient);
    try (Tape t = Tape.training(KERNELS)) {
      t.seed(1);
      t.checkpointing(checkpointing);
      Tensor y =
          t.block(x, in -> t.block(layer(t, in, weights.get(0)), h -> layer(t, h, weights.get(1))));
      t.backward(t.meanSquaredError(y, x), 1);
      return all(weights.subList(0, 2));
    }
  }

  /** Of two batches, added up. */
  private double[] gradients(boolean checkpointing) {
    weights.forEach(Tensor::clearGradient);
    try (Tape t = Tape.training(KERNELS)) {
      t.seed(3);
      t.checkpointing(checkpointing);
      for (int batch = 0; batch < 2; batch++) {
        computed = 0;
        t.backward(loss(t), 1);
        t.reset();
      }
    }
    return all(weights);
  }

  private static double[] all(List<Tensor> weights) {
    return weights.stream()
        .filter(Tensor::requiresGradient)
        .flatMapToDouble(weight -> Arrays.stream(weight.gradient().toDoubles()))
        .toArray();
  }

  private long pooled(boolean checkpointing) {
    try (Tape t = Tape.training(KERNELS)) {
      t.checkpointing(checkpointing);
      t.backward(loss(t), 1);
      return t.pooledBytes();
    }
  }

  private Tensor loss(Tape t) {
    Tensor h = x;
    for (Tensor weight : weights) {
      h = t.block(h, in -> counted(t, in, weight));
    }
    return t.meanSquaredError(h, x);
  }

  private Tensor counted(Tape t, Tensor in, Tensor weight) {
    computed++;
    return layer(t, in, weight);
  }

  /** With a residual, dropout and operations that write in place. */
  private static Tensor layer(Tape t, Tensor in, Tensor weight) {
    Tensor inner = t.dropout(t.activate(Activation.TANH, t.linear(in, weight)), 0.3);
    Tensor wide = t.activate(Activation.TANH, t.linear(inner, weight));
    return t.addInto(wide, in, 1);
  }

  private static Buffer normal(long seed, int rows) {
    Random random = new Random(seed);
    Buffer buffer = Buffer.allocate(DataType.FLOAT64, Shape.of(rows, WIDTH));
    buffer.put(random.doubles(buffer.length()).map(any -> random.nextGaussian() / 4).toArray());
    return buffer;
  }
}
