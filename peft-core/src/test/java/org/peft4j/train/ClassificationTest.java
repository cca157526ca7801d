package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.tensor.Tensor;

class ClassificationTest {

  private static final Kernels KERNELS = KernelSets.forType(DataType.FLOAT64);

  private record Batch(double[] logits, int... labels) {

    Tensor scores() {
      return Tensor.of(logits, labels.length, 3);
    }
  }

  private static Evaluation evaluate(Batch... batches) {
    return Trainer.<Batch>evaluate(
        KERNELS,
        (t, batch) -> Classification.loss(t, batch.scores(), batch.labels()),
        List.of(batches));
  }

  @Test
  void anEvaluationTellsTheAccuracyOfAllBatches() {
    Batch three = new Batch(new double[] {9, 1, 0, 0, 1, 9, 0, 1, 9}, 0, 1, 2);
    Batch one = new Batch(new double[] {0, 2, 1}, 0);

    Evaluation evaluation = evaluate(three, one);

    assertThat(evaluation.measure(Classification.ACCURACY)).isEqualTo(0.5);
    assertThat(evaluation.terms()).isEqualTo(4);
  }

  @Test
  void theLossIsTheMeanCrossEntropy() {
    Evaluation evaluation = evaluate(new Batch(new double[] {Math.log(2), 0, 0}, 0));

    assertThat(evaluation.loss()).isCloseTo(Math.log(2), within(1e-12));
  }

  @Test
  void rowsWithoutALabelDoNotCount() {
    Evaluation evaluation =
        evaluate(new Batch(new double[] {9, 1, 0, 9, 1, 0, 0, 9, 1}, 0, -100, 2));

    assertThat(evaluation.terms()).isEqualTo(2);
    assertThat(evaluation.measure("accuracy")).isEqualTo(0.5);
  }

  @Test
  void ofEqualLogitsTheFirstIsTheAnswer() {
    assertThat(Classification.answers(Tensor.of(new double[] {1, 2, 2, 3, 3, 3}, 2, 3)))
        .containsExactly(1, 0);
  }

  @Test
  void aMeasureThatIsNotToldIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Evaluation(1, 2).measure("accuracy"))
        .withMessage("evaluations do not tell accuracy; they tell the loss and []");
  }
}
