package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

class TrainerTest {

  private static final Kernels KERNELS = new PlainKernels();
  private static final Offset<Double> EXACT = Offset.offset(1e-12);

  /** Scores of two classes are the products of the examples with two rows of weights. */
  private final Tensor weights = parameter(2, 0.5, -0.25, 1, 0.75);

  private final Tensor unused = parameter(1, 3);

  private record Batch(double[][] examples, int... labels) {}

  private static final Batch ONE = new Batch(new double[][] {{1, 2}}, 0);
  private static final Batch THREE =
      new Batch(new double[][] {{-1, 0.5}, {2, 2}, {0.1, -3}}, 1, 1, 0);
  private static final Batch FOUR =
      new Batch(new double[][] {{1, 2}, {-1, 0.5}, {2, 2}, {0.1, -3}}, 0, 1, 1, 0);

  @Test
  void unequalBatchesAccumulateToWhatOneBigBatchGives() {
    double[] big = gradient(FOUR);
    double[] both = gradient(ONE, THREE);

    assertThat(both).containsExactly(big, EXACT);
  }

  @Test
  void reportsTheMeanOverAllTermsOfAStep() {
    try (Trainer<Batch> trainer = trainer(config(0, 0))) {
      double one = trainer.computeGradients(ONE);
      double three = trainer.computeGradients(THREE);
      StepReport report = trainer.applyGradients();

      assertThat(report.loss()).isCloseTo((one + 3 * three) / 4, EXACT);
      assertThat(report.terms()).isEqualTo(4);
      assertThat(report.step()).isEqualTo(1);
    }
  }

  @Test
  void clipsTheLengthOfTheWholeGradient() {
    double[] free = gradient(FOUR);
    double norm = norm(free);

    try (Trainer<Batch> trainer = trainer(config(norm / 4, 0))) {
      trainer.computeGradients(FOUR);
      StepReport report = trainer.applyGradients();

      assertThat(report.gradientNorm()).isCloseTo(norm, EXACT);
      double[] clipped = trainer.parameters().gradients().toDoubles();
      for (int i = 0; i < free.length; i++) {
        assertThat(clipped[i]).isCloseTo(free[i] / 4, EXACT);
      }
    }
  }

  @Test
  void leavesAShortGradientAsItIs() {
    double[] free = gradient(FOUR);

    try (Trainer<Batch> trainer = trainer(config(10, 0))) {
      trainer.computeGradients(FOUR);
      trainer.applyGradients();

      assertThat(trainer.parameters().gradients().toDoubles()).containsExactly(free, EXACT);
    }
  }

  /** PyTorch's formula, written out. */
  @Test
  void fiveStepsEqualThoseOfAdamW() {
    double decay = 0.1;
    double[] w = {0.5, -0.25, 1, 0.75, 3};
    double[] m = new double[5];
    double[] v = new double[5];
    try (Trainer<Batch> trainer = trainer(config(0, decay))) {
      for (int step = 1; step <= 5; step++) {
        trainer.computeGradients(FOUR);
        trainer.applyGradients();
        double[] g = trainer.parameters().gradients().toDoubles();
        for (int i = 0; i < 5; i++) {
          w[i] *= 1 - 0.01 * decay;
          m[i] = 0.9 * m[i] + 0.1 * g[i];
          v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
          double first = m[i] / (1 - Math.pow(0.9, step));
          double second = v[i] / (1 - Math.pow(0.999, step));
          w[i] -= 0.01 * first / (Math.sqrt(second) + 1e-8);
        }
        assertThat(trainer.parameters().values().toDoubles()).containsExactly(w, EXACT);
      }
    }
  }

  @Test
  void aTensorThatNoBatchReachesOnlyDecays() {
    try (Trainer<Batch> trainer = trainer(config(0, 0.1))) {
      trainer.computeGradients(FOUR);
      trainer.applyGradients();
    }

    assertThat(unused.value().toDoubles()[0]).isCloseTo(3 * (1 - 0.01 * 0.1), EXACT);
  }

  @Test
  void saysThatTheLossIsNotFinite() {
    weights.value().put(new double[] {Double.NaN, 0, 0, 0});
    try (Trainer<Batch> trainer = trainer(config(0, 0))) {
      assertThatIllegalStateException()
          .isThrownBy(() -> trainer.computeGradients(FOUR))
          .withMessage(
              "the loss of step 1 is NaN (a number of weights is not finite); try a lower learning"
                  + " rate than 0.01");
    }
  }

  @Test
  void forgetsAGradientThatIsNotFinite() {
    Tensor tiny = parameter(1, 1e-300);
    try (Trainer<Double> trainer =
        new Trainer<>(
            Trainee.of(Map.of("tiny", tiny), KERNELS),
            (t, factor) -> new Loss(t.scale(t.scale(tiny, factor), factor), 1),
            config(0, 0))) {
      trainer.computeGradients(1e200);
      assertThatIllegalStateException()
          .isThrownBy(trainer::applyGradients)
          .withMessage(
              "the gradient of step 1 is not finite (it is that of tiny); try a lower learning rate"
                  + " than 0.01");
      assertThat(tiny.value().toDoubles()).containsExactly(1e-300);

      trainer.computeGradients(1.0);
      assertThat(trainer.applyGradients().gradientNorm()).isEqualTo(1);
    }
  }

  @Test
  void laysATensorWithTwoNamesOutOnce() {
    Map<String, Tensor> trainable = new LinkedHashMap<>();
    trainable.put("one", unused);
    trainable.put("weights", weights);
    trainable.put("two", unused);

    FlatParameters flat = new FlatParameters(trainable, KERNELS);

    assertThat(flat.tensors().keySet()).containsExactly("one", "weights");
    assertThat(flat.values().toDoubles()).containsExactly(3, 0.5, -0.25, 1, 0.75);
    assertThat(unused.value().address()).isEqualTo(flat.values().address());
  }

  @Test
  void trainsOnAfterABatchThatFailed() {
    double[] expected = gradient(FOUR);
    try (Trainer<Batch> trainer = trainer(config(0, 0))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> trainer.computeGradients(new Batch(new double[][] {{1, 2}}, -1)))
          .withMessage("a batch of step 1 predicts nothing");
      trainer.computeGradients(FOUR);
      trainer.applyGradients();

      assertThat(trainer.parameters().gradients().toDoubles()).containsExactly(expected, EXACT);
    }
  }

  @Test
  void refusesToApplyGradientsThatNobodyComputed() {
    try (Trainer<Batch> trainer = trainer(config(0, 0))) {
      assertThatIllegalStateException()
          .isThrownBy(trainer::applyGradients)
          .withMessage("no gradients to apply: call computeGradients first");
      trainer.computeGradients(FOUR);
      trainer.applyGradients();
      assertThatIllegalStateException().isThrownBy(trainer::applyGradients);
    }
  }

  @Test
  void laysTensorsOutInTheirOrderAndSharesTheirMemory() {
    try (Trainer<Batch> trainer = trainer(config(0, 0))) {
      FlatParameters flat = trainer.parameters();
      assertThat(flat.tensors().keySet()).containsExactly("weights", "unused");
      assertThat(flat.values().toDoubles()).containsExactly(0.5, -0.25, 1, 0.75, 3);

      flat.values().put(new double[] {1, 2, 3, 4, 5});
      assertThat(weights.value().toDoubles()).containsExactly(1, 2, 3, 4);
      unused.value().put(new double[] {7});
      assertThat(flat.values().toDoubles()).containsExactly(1, 2, 3, 4, 7);

      trainer.computeGradients(FOUR);
      assertThat(weights.gradient().address()).isEqualTo(flat.gradients().address());
    }
  }

  @Test
  void tensorsStayUsableAfterTheTrainerIsClosed() {
    try (Trainer<Batch> trainer = trainer(config(0, 0))) {
      trainer.computeGradients(FOUR);
    }

    assertThat(weights.value().toDoubles()).containsExactly(0.5, -0.25, 1, 0.75);
  }

  @Test
  void evaluationCountsEveryTermOnce() {
    try (Trainer<Batch> trainer = trainer(config(0, 0))) {
      Evaluation apart = trainer.evaluate(List.of(ONE, THREE));
      Evaluation together = trainer.evaluate(List.of(FOUR));

      assertThat(apart.loss()).isCloseTo(together.loss(), EXACT);
      assertThat(apart.terms()).isEqualTo(4);
      assertThat(apart.perplexity()).isEqualTo(Math.exp(apart.loss()));
      assertThat(weights.gradient()).isNull();
    }
  }

  @Test
  void refusesToEvaluateNothing() {
    try (Trainer<Batch> trainer = trainer(config(0, 0))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> trainer.evaluate(List.of()))
          .withMessage("there is nothing to evaluate: no batch predicts anything");
    }
  }

  @Test
  void takesTheConfiguredStepsAndTellsListeners() {
    TrainingConfig config =
        new TrainingConfig(
            3, new LearningRate(0.01, Schedule.LINEAR, 0), new AdamWSettings(), 2, 0, 0);
    List<Integer> told = new ArrayList<>();
    try (Trainer<Batch> trainer = trainer(config)) {
      TrainingReport report =
          trainer.fit(
              java.util.stream.Stream.generate(() -> ONE).iterator(),
              new TrainingListener() {
                @Override
                public void onStep(StepReport step) {
                  told.add(step.step());
                }
              });

      assertThat(told).containsExactly(1, 2, 3);
      assertThat(report.steps()).extracting(StepReport::terms).containsExactly(2.0, 2.0, 2.0);
      assertThat(report.losses()).isSortedAccordingTo((a, b) -> Double.compare(b, a));
    }
  }

  @Test
  void stopsWhereTheBatchesEnd() {
    TrainingConfig config =
        new TrainingConfig(9, LearningRate.constant(0.01), new AdamWSettings(), 2, 0, 0);
    try (Trainer<Batch> trainer = trainer(config)) {
      TrainingReport report = trainer.fit(List.of(ONE, ONE, ONE).iterator());

      assertThat(report.steps()).extracting(StepReport::terms).containsExactly(2.0, 1.0);
    }
  }

  @Test
  void dropoutFollowsFromTheSeedOfTheRunAndDiffersFromBatchToBatch() {
    assertThat(droppedLosses(1)).isEqualTo(droppedLosses(1));
    assertThat(droppedLosses(1)).isNotEqualTo(droppedLosses(2));
    assertThat(droppedLosses(1).get(0)).isNotEqualTo(droppedLosses(1).get(1));
  }

  private static List<Double> droppedLosses(long seed) {
    Tensor p = parameter(50, new Random(1).doubles(50).toArray());
    TrainingConfig config =
        new TrainingConfig(9, LearningRate.constant(1e-9), new AdamWSettings(), 1, 0, seed);
    Tensor zeros = Tensor.of(new double[50], 1, 50);
    try (Trainer<Integer> trainer =
        new Trainer<>(
            Trainee.of(Map.of("p", p), KERNELS),
            (t, any) -> new Loss(t.meanSquaredError(t.dropout(p, 0.5), zeros), 1),
            config)) {
      return List.of(trainer.computeGradients(0), trainer.computeGradients(0));
    }
  }

  @Test
  void rejectsSettingsOutOfRange() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TrainingConfig(0, 1))
        .withMessage("steps must be at least 1 but was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AdamWSettings(1, 0.9, 1e-8, 0))
        .withMessage("beta1 must be at least 0 and below 1 but was 1.0");
  }

  /** The gradient that the optimizer sees for one step over these batches. */
  private double[] gradient(Batch... batches) {
    double[] start = weights.value().toDoubles();
    try (Trainer<Batch> trainer = trainer(config(0, 0))) {
      for (Batch batch : batches) {
        trainer.computeGradients(batch);
      }
      trainer.applyGradients();
      weights.value().put(start);
      return trainer.parameters().gradients().toDoubles();
    }
  }

  private Trainer<Batch> trainer(TrainingConfig config) {
    Map<String, Tensor> trainable = new LinkedHashMap<>();
    trainable.put("weights", weights);
    trainable.put("unused", unused);
    return new Trainer<>(Trainee.of(trainable, KERNELS), this::loss, config);
  }

  private Loss loss(Tape t, Batch batch) {
    double[] flat = Arrays.stream(batch.examples()).flatMapToDouble(Arrays::stream).toArray();
    Tensor scores = t.linear(Tensor.of(flat, batch.examples().length, 2), weights);
    long counted = Arrays.stream(batch.labels()).filter(label -> label >= 0).count();
    return new Loss(t.crossEntropySum(scores, batch.labels()), counted);
  }

  private static TrainingConfig config(double clip, double decay) {
    return new TrainingConfig(5, LearningRate.constant(0.01), new AdamWSettings(decay), 1, clip, 0);
  }

  private static double norm(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(value -> value * value).sum());
  }

  private static Tensor parameter(int columns, double... values) {
    return Tensor.parameter(Tensor.of(values, values.length / columns, columns).value());
  }
}
