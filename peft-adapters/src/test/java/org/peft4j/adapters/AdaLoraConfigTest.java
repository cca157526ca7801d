package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.adapters.MlpRuns.adapted;
import static org.peft4j.adapters.MlpRuns.moved;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.method.TrainingHook;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.AdapterContract;
import org.peft4j.testkit.Mlp;
import org.peft4j.train.Loss;
import org.peft4j.train.Objective;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;

class AdaLoraConfigTest implements AdapterContract {

  /** All rank stays while the contract trains; {@link AdaLoraAllocatorTest} is about the rest. */
  @Override
  public AdapterConfig config() {
    return new AdaLoraConfig(4, 2, 20).scheduled(15, 0, 1);
  }

  @Test
  void scalesByTheFirstRankAndAHundredThousandth() {
    PeftModel<Mlp> model = moved(adapted(config()), 0.3);
    double[] a = model.trainable().get("lin1.lora_A").value().toDoubles();
    double[] e = model.trainable().get("lin1.lora_E").value().toDoubles();
    double[] b = model.trainable().get("lin1.lora_B").value().toDoubles();
    double delta = 0;
    for (int i = 0; i < 4; i++) {
      delta += b[i] * e[i] * a[i * Mlp.HIDDEN];
    }
    double merged = model.merge().lin1().weight().pretrained().value().toDoubles()[0];
    double base = MlpRuns.mlp().lin1().weight().pretrained().value().toDoubles()[0];

    assertThat(merged - base).isCloseTo(delta * 8 / (4 + 1e-5), within(1e-12));
  }

  @Test
  void theGradientOfThePenaltyEqualsCentralDifferences() {
    PeftModel<Mlp> model = moved(adapted(config()), 0.3);
    TrainingHook hook = model.begin(20);
    try (Tape t = model.training()) {
      t.backward(hook.penalty(t).orElseThrow(), 1);
      for (String name : List.of("lin0.lora_A", "lin0.lora_B", "lin1.lora_A", "lin1.lora_B")) {
        Tensor tensor = model.trainable().get(name);
        double[] gradient = tensor.gradient().toDoubles();
        for (int i = 0; i < gradient.length; i += 7) {
          assertThat(gradient[i])
              .as(name + " " + i)
              .isCloseTo(slope(hook, tensor, i), within(1e-8));
        }
      }
    }
  }

  private static double slope(TrainingHook hook, Tensor tensor, int i) {
    double[] start = tensor.value().toDoubles();
    double[] moved = start.clone();
    moved[i] = start[i] + 1e-5;
    tensor.value().put(moved);
    double above = penalty(hook);
    moved[i] = start[i] - 1e-5;
    tensor.value().put(moved);
    double slope = (above - penalty(hook)) / 2e-5;
    tensor.value().put(start);
    return slope;
  }

  private static double penalty(TrainingHook hook) {
    try (Tape t = Tape.training(KernelSets.forType(DataType.FLOAT64))) {
      return hook.penalty(t).orElseThrow().item();
    }
  }

  /** Factors of zero are √rank from orthonormal. */
  @Test
  void whatIsTrainedOnBearsTheMeanDistanceFromOrthonormalAndWhatIsEvaluatedDoesNot() {
    PeftModel<Mlp> model = adapted(config());
    model.trainable().values().forEach(tensor -> fill(tensor, 0));
    Tensor x = Mlp.normal(model.type(), new Random(1), 1, 8, Mlp.IN);
    Tensor target = Mlp.normal(model.type(), new Random(2), 1, 8, Mlp.OUT);
    Objective<Tensor> three =
        (t, in) -> new Loss(t.meanSquaredError(model.model().forward(t, in), target), 3);
    try (Trainer<Tensor> trainer = new Trainer<>(model, three, new TrainingConfig(20, 1e-2))) {
      double plain = trainer.evaluate(List.of(x)).loss();

      assertThat(trainer.computeGradients(x) - plain).isCloseTo(0.5 * 2, within(1e-12));
      assertThat(trainer.evaluate(List.of(x)).loss()).isEqualTo(plain);
    }
  }

  @Test
  void orthonormalFactorsCostNothingAndHaveAGradient() {
    PeftModel<Mlp> model = adapted(new AdaLoraConfig(1, 1, 20));
    for (String path : List.of("lin0.lora_A", "lin0.lora_B", "lin1.lora_A", "lin1.lora_B")) {
      Tensor tensor = model.trainable().get(path);
      double[] unit = new double[Math.toIntExact(tensor.shape().length())];
      unit[0] = 1;
      tensor.value().put(unit);
    }
    try (Tape t = model.training()) {
      Tensor penalty = model.begin(20).penalty(t).orElseThrow();
      assertThat(penalty.item()).isZero();
      t.backward(penalty, 1);
      assertThat(Arrays.stream(model.trainable().get("lin1.lora_A").gradient().toDoubles()))
          .allMatch(Double::isFinite);
    }
  }

  @Test
  void methodsThatDoNothingBesideTheStepsHaveNoHook() {
    assertThat(adapted(new LoraConfig()).begin(20)).isSameAs(TrainingHook.NONE);
  }

  private static void fill(Tensor tensor, double value) {
    double[] values = new double[Math.toIntExact(tensor.shape().length())];
    Arrays.fill(values, value);
    tensor.value().put(values);
  }

  @Test
  void takesTheStepsOfTheTrainingUnlessItHasItsOwn() {
    assertThat(new AdaLoraConfig().lasting(30).budget().totalStep()).contains(30);
    assertThat(new AdaLoraConfig(12, 8, 20).lasting(30).budget().totalStep()).contains(20);
  }

  @Test
  void aTrainingThatIsTooShortForTheScheduleDoesNotBegin() {
    PeftModel<Mlp> model = adapted(new AdaLoraConfig(4, 2).scheduled(6, 4, 1));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.begin(10))
        .withMessage(
            "tinit 6 and tfinal 4 leave no steps of total_step 10 to lower the rank in; decrease"
                + " tinit or tfinal, or increase total_step");
  }

  @Test
  void rejectsAScheduleWithoutRoom() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AdaLoraConfig(12, 8, 10).scheduled(6, 4, 1))
        .withMessage(
            "tinit 6 and tfinal 4 leave no steps of total_step 10 to lower the rank in; decrease"
                + " tinit or tfinal, or increase total_step");
    assertThat(new AdaLoraConfig(12, 8, 11).scheduled(6, 4, 1).budget().tinit()).isEqualTo(6);
  }

  @Test
  void rejectsATargetAboveTheStart() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AdaLoraConfig(4, 5, 10))
        .withMessage("target_r must be at most init_r, which is 4, but was 5");
  }

  @Test
  void rejectsSmoothingOfOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AdaLoraConfig.Smoothing(0.85, 1))
        .withMessage("beta2 must be above 0 and below 1 but was 1.0");
  }

  @Test
  void rejectsAPatternOfAnotherRank() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AdaLoraConfig(4, 2, 9).with(Map.of("lin0.lora_E", List.of(true))))
        .withMessage("rank_pattern of lin0.lora_E must be of init_r = 4 but is of 1");
  }
}
