package org.peft4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.plain.PlainKernels;

/** What readers of one value share. */
class OnceTest {

  private static final Kernels KERNELS = new PlainKernels();

  private final Tape t = Tape.training(KERNELS);
  private final Tensor parameter = parameter(1, -2, 3);
  private Tensor x;
  private int made;

  @BeforeEach
  void computeX() {
    x = t.scale(parameter, 2);
  }

  @AfterEach
  void close() {
    t.close();
  }

  @Test
  void makesItOnceForAllWhoAsk() {
    Tensor first = t.scope(() -> tripled(x));
    Tensor second = t.scope(() -> tripled(x));

    assertThat(second).isSameAs(first);
    assertThat(made).isEqualTo(1);
  }

  @Test
  void aResultOutlivesTheScopeThatAskedForIt() {
    t.scope(() -> t.scope(() -> t.scale(tripled(x), 0)));

    assertThat(tripled(x).value().toDoubles()).containsExactly(6, -12, 18);
    assertThat(made).isEqualTo(1);
  }

  @Test
  void aResultEndsWithWhatItWasMadeOf() {
    Tensor[] inner = new Tensor[1];
    t.scope(
        () -> {
          Tensor input = t.scale(constant(1, 2, 3), 1);
          inner[0] = t.scope(() -> tripled(input));
          return t.scale(constant(1), 1);
        });

    assertThatIllegalStateException().isThrownBy(() -> inner[0].value());
  }

  @Test
  void stepsInTheirSteadyStateTakeNoMoreMemory() {
    train(3);
    long after = t.pooledBytes();
    train(5);

    assertThat(t.pooledBytes()).isEqualTo(after);
  }

  @Test
  void theKeyTellsWhatIsAskedFor() {
    Tensor tripled = tripled(x);
    Tensor halved = t.once(x, "halved", in -> t.scale(in, 0.5));

    assertThat(halved).isNotSameAs(tripled);
    assertThat(halved.value().toDoubles()).containsExactly(1, -2, 3);
  }

  @Test
  void anotherValueIsAskedAnew() {
    assertThat(tripled(t.scale(x, 1))).isNotSameAs(tripled(x));
    assertThat(made).isEqualTo(2);
  }

  /** Whoever owns it may change it without the tape's knowledge. */
  @Test
  void aConstantIsAskedAnew() {
    Tensor constant = constant(1, 2, 3);

    assertThat(tripled(constant)).isNotSameAs(tripled(constant));
  }

  @Test
  void aValueThatWasOverwrittenIsAskedAnew() {
    try (Tape inference = t.inference()) {
      Tensor y = inference.scale(constant(1, 2, 3), 1);
      inference.once(y, "tripled", in -> inference.scale(in, 3));
      inference.addInto(y, constant(1, 1, 1), 1);

      Tensor again = inference.once(y, "tripled", in -> inference.scale(in, 3));
      assertThat(again.value().toDoubles()).containsExactly(6, 9, 12);
    }
  }

  @Test
  void refusesToWriteIntoWhatMayBeAskedForAgain() {
    Tensor tripled = tripled(x);

    assertThatIllegalStateException()
        .isThrownBy(() -> t.addInto(tripled, x, 1))
        .withMessage("cannot write into this [3] tensor: its old value is still needed");
  }

  @Test
  void readersAddUpToTheGradientTheyHadApart() {
    t.backward(loss(OnceTest::shared), 1);
    double[] together = parameter.gradient().toDoubles();
    t.reset();
    parameter.clearGradient();
    computeX();
    t.backward(loss((tape, in) -> tape.scale(in, 3)), 1);

    assertThat(together).containsExactly(parameter.gradient().toDoubles());
  }

  @Test
  void checkpointedBlocksShareNothingWithWhatIsAroundThem() {
    double[] kept = gradientThroughABlock(false);

    assertThat(gradientThroughABlock(true)).containsExactly(kept);
  }

  /** The same is asked for before a block, in it and after it. */
  private double[] gradientThroughABlock(boolean checkpointing) {
    parameter.clearGradient();
    t.reset();
    t.checkpointing(checkpointing);
    computeX();
    Tensor before = t.scale(x, 1);
    Tensor inside = t.block(before, in -> t.add(shared(t, in), shared(t, in)));
    Tensor sum = t.add(inside, t.add(shared(t, before), shared(t, before)));
    t.backward(t.meanSquaredError(sum, constant(0, 0, 0)), 1);
    return parameter.gradient().toDoubles();
  }

  private void train(int steps) {
    for (int i = 0; i < steps; i++) {
      computeX();
      t.backward(loss(OnceTest::shared), 1);
      t.reset();
    }
  }

  private Tensor loss(BiFunction<Tape, Tensor, Tensor> read) {
    Tensor sum = t.add(t.scope(() -> read.apply(t, x)), t.scope(() -> read.apply(t, x)));
    return t.meanSquaredError(sum, constant(0, 0, 0));
  }

  private Tensor tripled(Tensor input) {
    return t.once(
        input,
        "tripled",
        in -> {
          made++;
          return t.scale(in, 3);
        });
  }

  private static Tensor shared(Tape tape, Tensor input) {
    return tape.once(input, "tripled", in -> tape.scale(in, 3));
  }

  private static Tensor parameter(double... values) {
    return Tensor.parameter(constant(values).value());
  }

  private static Tensor constant(double... values) {
    return Tensor.of(values, values.length);
  }
}
