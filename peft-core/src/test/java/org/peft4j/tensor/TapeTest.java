package org.peft4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.HeadShape;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.VisibleKeys;
import org.peft4j.kernel.plain.PlainKernels;

/** What a tape records, keeps, gives back and refuses. */
class TapeTest {

  private static final Kernels KERNELS = new PlainKernels();

  private final Tape t = Tape.training(KERNELS);

  @AfterEach
  void close() {
    t.close();
  }

  @Test
  void recordsNothingForInputsWithoutGradient() {
    Tensor loss = t.meanSquaredError(t.scale(constant(1, 2), 3), constant(0, 0));

    assertThat(loss.requiresGradient()).isFalse();
    assertThatIllegalStateException()
        .isThrownBy(() -> t.backward(loss, 1))
        .withMessage(
            "nothing to differentiate: the loss depends on no tensor that requires a gradient; a model"
                + " computes with adapters on tapes that its PeftModel or a view of it makes");
  }

  @Test
  void recordsNothingOnAnInferenceTape() {
    try (Tape inference = Tape.inference(KERNELS)) {
      assertThat(inference.scale(parameter(1, 2), 3).requiresGradient()).isFalse();
    }
  }

  @Test
  void keepsNothingOfAConstantBranch() {
    AtomicReference<Tensor> inner = new AtomicReference<>();
    Tensor y =
        t.scope(
            () -> {
              inner.set(t.activate(Activation.TANH, constant(1, 2)));
              return t.activate(Activation.TANH, inner.get());
            });

    assertThat(y.value().toDoubles()[0]).isCloseTo(0.6420149920119997, Offset.offset(1e-12));
    assertThatIllegalStateException()
        .isThrownBy(() -> inner.get().value())
        .withMessage(
            "the value of this [2] tensor is gone: its scope or its step has ended, or an operation"
                + " wrote into it");
  }

  @Test
  void keepsInAScopeWhatBackwardNeedsUntilItHasRun() {
    AtomicReference<Tensor> inner = new AtomicReference<>();
    Tensor p = parameter(1, 2);
    Tensor y =
        t.scope(
            () -> {
              inner.set(t.activate(Activation.TANH, p));
              return t.activate(Activation.TANH, inner.get());
            });

    assertThat(inner.get().value().toDoubles()).hasSize(2);
    t.backward(t.meanSquaredError(y, constant(0, 0)), 1);
    assertThat(y.value().toDoubles()).hasSize(2);
    assertThatIllegalStateException().isThrownBy(() -> inner.get().value());
  }

  @Test
  void aScopeThatFailsGivesItsMemoryBack() {
    for (int i = 0; i < 3; i++) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> t.scope(() -> t.add(t.scale(constant(1, 2), 2), constant(1, 2, 3))));
    }

    assertThat(t.pooledBytes()).isEqualTo(16);
  }

  @Test
  void aScopeMayReturnWhatItWasGiven() {
    Tensor x = t.scale(constant(1, 2), 2);

    assertThat(t.scope(() -> x).value().toDoubles()).containsExactly(2, 4);
  }

  @Test
  void backwardAccumulatesOnParametersUntilTheyAreCleared() {
    Tensor p = parameter(3);
    for (int i = 0; i < 2; i++) {
      t.backward(t.mul(p, p), 1);
      t.reset();
    }
    assertThat(p.gradient().toDoubles()).containsExactly(12);

    p.clearGradient();
    assertThat(p.gradient()).isNull();
    t.backward(t.mul(p, p), 0.5);
    assertThat(p.gradient().toDoubles()).containsExactly(3);
  }

  @Test
  void aParameterThatNoLossReachesHasNoGradient() {
    Tensor used = parameter(3);
    Tensor unused = parameter(4);
    t.scale(unused, 2);

    t.backward(t.scale(used, 2), 1);

    assertThat(used.gradient().toDoubles()).containsExactly(2);
    assertThat(unused.gradient()).isNull();
  }

  @Test
  void refusesToRunBackwardTwiceOverOneRecording() {
    Tensor loss = t.scale(parameter(3), 2);
    t.backward(loss, 1);

    assertThatIllegalStateException()
        .isThrownBy(() -> t.backward(loss, 1))
        .withMessage(
            "nothing is recorded for this loss: backward or reset has run since it was computed");
  }

  @Test
  void refusesTheLossOfAnotherTape() {
    try (Tape other = Tape.training(KERNELS)) {
      Tensor loss = other.scale(parameter(3), 2);
      assertThatIllegalStateException().isThrownBy(() -> t.backward(loss, 1));
    }
  }

  @Test
  void resetEndsAllValuesAndKeepsTheMemory() {
    Tensor y = t.scale(constant(1, 2), 2);
    long held = t.pooledBytes();

    t.reset();
    t.scale(constant(1, 2), 2);

    assertThat(t.pooledBytes()).isEqualTo(held);
    assertThatIllegalStateException().isThrownBy(y::value);
  }

  @Test
  void resetForgetsWhatWasRecorded() {
    Tensor p = parameter(3);
    Tensor loss = t.scale(p, 2);
    t.reset();

    assertThatIllegalStateException().isThrownBy(() -> t.backward(loss, 1));
    assertThat(p.gradient()).isNull();
  }

  @Test
  void refusesToOverwriteWhatBackwardNeeds() {
    Tensor y = t.scale(parameter(1, 2), 2);
    t.activate(Activation.TANH, y);

    assertThatIllegalStateException()
        .isThrownBy(() -> t.addInto(y, constant(1, 2), 1))
        .withMessage("cannot write into this [2] tensor: its old value is still needed");
  }

  @Test
  void refusesToOverwriteAParameterOrConstant() {
    assertThatIllegalStateException()
        .isThrownBy(() -> t.addBias(parameter(1, 2), constant(1, 2), 1));
    assertThatIllegalStateException()
        .isThrownBy(() -> t.addInto(constant(1, 2), constant(1, 2), 1));
  }

  @Test
  void refusesToAddAProductOfAMatrixToItself() {
    Tensor y = t.linear(constant(1), Tensor.of(new double[] {2}, 1, 1));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.addLinear(y, y, Tensor.of(new double[] {2}, 1, 1), 1))
        .withMessage("cannot add a product of a [1, 1] tensor to that tensor in place");
  }

  @Test
  void writesIntoTheSameMemoryWhetherOrNotAGradientJoins() {
    Tensor y = t.scale(constant(1, 2), 2);
    long address = y.value().address();

    Tensor joined = t.addInto(y, parameter(10, 20), 1);

    assertThat(joined.value().address()).isEqualTo(address);
    assertThat(joined.value().toDoubles()).containsExactly(12, 24);
    assertThat(joined.requiresGradient()).isTrue();
  }

  @Test
  void dropoutFollowsFromTheSeed() {
    Tensor x = constant(ones(1000));
    double[] first = dropped(x, 7);

    assertThat(dropped(x, 7)).isEqualTo(first);
    assertThat(dropped(x, 8)).isNotEqualTo(first);
  }

  @Test
  void dropoutKeepsTheMean() {
    double[] dropped = dropped(constant(ones(40_000)), 7);

    assertThat(Arrays.stream(dropped).filter(value -> value == 0).count() / 40_000.0)
        .isCloseTo(0.25, Offset.offset(0.01));
    assertThat(Arrays.stream(dropped).average().orElseThrow()).isCloseTo(1, Offset.offset(0.01));
  }

  @Test
  void dropoutOfOneStepDiffersFromPlaceToPlace() {
    Tensor x = constant(ones(100));
    t.seed(7);

    assertThat(t.dropout(x, 0.5).value().toDoubles())
        .isNotEqualTo(t.dropout(x, 0.5).value().toDoubles());
  }

  @Test
  void dropoutIsOffOnAnInferenceTape() {
    Tensor x = constant(1, 2);

    assertThat(t.inference().dropout(x, 0.5)).isSameAs(x);
    assertThat(t.dropout(x, 0)).isSameAs(x);
  }

  @Test
  void crossEntropyLeavesOutRowsWithoutLabel() {
    Tensor logits = matrixParameter(2, 0, 0, 1000, -1000);

    Tensor loss = t.crossEntropySum(logits, new int[] {0, -1});
    t.backward(loss, 1);

    assertThat(loss.item()).isCloseTo(Math.log(2), Offset.offset(1e-12));
    assertThat(logits.gradient().toDoubles()).containsExactly(-0.5, 0.5, 0, 0);
  }

  @Test
  void logProbabilitiesAreZeroWithoutLabel() {
    Tensor logits = matrixParameter(2, 0, 0, 1000, -1000, 3, 3);

    Tensor y = t.logProbabilities(logits, new int[] {0, -1, 1});
    t.backward(t.sumGroups(y, new int[3], 1), 2);

    assertThat(y.value().toDoubles())
        .containsExactly(new double[] {-Math.log(2), 0, -Math.log(2)}, Offset.offset(1e-12));
    assertThat(logits.gradient().toDoubles()).containsExactly(1, -1, 0, 0, -1, 1);
  }

  @Test
  void logSigmoidIsExactAtBothEnds() {
    Tensor x = matrixParameter(1, -800, -1e-9, 0, 40, 800);

    Tensor y = t.logSigmoid(x);
    t.backward(t.sumGroups(y, new int[5], 1), 1);

    assertThat(y.value().toDoubles())
        .containsExactly(-800, -Math.log(2) - 5e-10, -Math.log(2), -Math.exp(-40), 0);
    assertThat(x.gradient().toDoubles())
        .containsExactly(
            new double[] {1, 0.5 + 2.5e-10, 0.5, Math.exp(-40), 0}, Offset.offset(1e-16));
  }

  @Test
  void groupsWithoutRowsSumToZero() {
    Tensor x = constant(1, 2, 4);

    Tensor y = t.sumGroups(t.reshape(x, 3, 1), new int[] {2, 0, 2}, 4);

    assertThat(y.value().toDoubles()).containsExactly(2, 0, 5, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.sumGroups(t.reshape(x, 3, 1), new int[2], 1))
        .withMessage("x has 3 rows but groups tells of 2");
  }

  @Test
  void gatherGivesNoGradientToRowsNobodyAskedFor() {
    Tensor table = matrixParameter(2, 1, 2, 3, 4, 5, 6);

    Tensor y = t.gather(table, new int[] {2, 0, 2});
    t.backward(t.crossEntropySum(y, new int[] {0, -1, 1}), 1);

    double[] gradient = table.gradient().toDoubles();
    assertThat(Arrays.copyOf(gradient, 4)).containsExactly(0, 0, 0, 0);
  }

  @Test
  void attentionIgnoresPaddedKeys() {
    AttentionShape shape =
        new AttentionShape(1, 3, 3, new HeadShape(1, 1, 2), new VisibleKeys(false, new int[] {2}));
    Tensor q = matrixParameter(2, 1, 0, 0, 1, 1, 1);
    Tensor k = matrixParameter(2, 1, 2, 3, 4, 1e6, 1e6);
    Tensor v = matrixParameter(2, 1, 1, 1, 1, 1e6, -1e6);

    Tensor y = t.attention(shape, q, k, v);
    t.backward(t.meanSquaredError(y, Tensor.of(new double[6], 3, 2)), 1);

    assertThat(y.value().toDoubles())
        .containsExactly(new double[] {1, 1, 1, 1, 1, 1}, Offset.offset(1e-12));
    assertThat(Arrays.copyOfRange(k.gradient().toDoubles(), 4, 6)).containsOnly(0);
    assertThat(Arrays.copyOfRange(v.gradient().toDoubles(), 4, 6)).containsOnly(0);
  }

  @Test
  void noGradientFlowsThroughConstantOperations() {
    Tensor p = parameter(4, 9);

    assertThat(t.squareRootOfConstant(p).requiresGradient()).isFalse();
    assertThat(t.columnDots(p, p).requiresGradient()).isFalse();
    assertThat(t.divideByConstant(constant(1, 2), p).requiresGradient()).isFalse();
  }

  @Test
  void namesBothShapesWhereTheyDoNotFit() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.add(constant(1, 2), constant(1, 2, 3)))
        .withMessage("shapes differ: [2] and [3]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.linear(constant(1, 2), Tensor.of(new double[6], 2, 3)))
        .withMessage("input [2] does not fit weight [2, 3]: expected 3 columns");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> t.addBias(t.scale(constant(1, 2), 1), constant(1, 2, 3), 1))
        .withMessage("a row [3] does not fit the columns of [2]");
    assertThatIllegalStateException()
        .isThrownBy(() -> constant(1, 2).item())
        .withMessage("item() wants one element but the shape is [2]");
  }

  private double[] dropped(Tensor x, long seed) {
    t.seed(seed);
    return t.dropout(x, 0.25).value().toDoubles();
  }

  private static double[] ones(int length) {
    double[] ones = new double[length];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static Tensor constant(double... values) {
    return Tensor.of(values, values.length);
  }

  private static Tensor parameter(double... values) {
    return Tensor.parameter(constant(values).value());
  }

  private static Tensor matrixParameter(int columns, double... values) {
    return Tensor.parameter(Tensor.of(values, values.length / columns, columns).value());
  }
}
