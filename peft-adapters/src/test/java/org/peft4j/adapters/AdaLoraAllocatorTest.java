package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.adapters.MlpRuns.adapted;
import static org.peft4j.adapters.MlpRuns.mlp;
import static org.peft4j.adapters.MlpRuns.moved;
import static org.peft4j.adapters.MlpRuns.output;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Shape;
import org.peft4j.method.TrainingHook;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingListener;

class AdaLoraAllocatorTest {

  private static final int STEPS = 20;

  @TempDir Path folder;

  @Test
  void keepsExactlyTheBudgetAfterEveryStep() {
    AdaLoraConfig config = new AdaLoraConfig(6, 2, STEPS).scheduled(3, 4, 1);
    AdaLoraSchedule schedule = new AdaLoraSchedule(12, 4, 3, 16, 1);
    PeftModel<Mlp> model = adapted(config);

    train(
        model,
        step ->
            assertThat(alive(model))
                .as("step " + step.step())
                .isEqualTo(schedule.budget(step.step() - 1)));

    assertThat(alive(model)).isEqualTo(4);
  }

  @Test
  void afterTheLastChoiceTheSameTripletsStay() {
    PeftModel<Mlp> model = adapted(new AdaLoraConfig(6, 2, STEPS).scheduled(3, 4, 1));
    boolean[][] last = new boolean[1][];

    train(
        model,
        step -> {
          if (step.step() == 17) {
            last[0] = mask(model);
          } else if (step.step() > 17) {
            assertThat(mask(model)).isEqualTo(last[0]);
          }
        });

    assertThat(last[0]).isNotNull();
  }

  /** Of triplets that matter equally those of the first layers stay, and exactly as many. */
  @Test
  void ofEqualTripletsTheFirstStay() {
    PeftModel<Mlp> model = adapted(new AdaLoraConfig(3, 1, 4).scheduled(0, 1, 1));
    model.trainable().values().forEach(AdaLoraAllocatorTest::fillWithOnes);
    TrainingHook hook = model.begin(4);

    for (int step = 1; step <= 4; step++) {
      hook.afterStep(step);
    }

    assertThat(mask(model)).containsExactly(true, true, false, false, false, false);
  }

  /** The entries of one triplet have gradients, so it is the one that matters. */
  @Test
  void theTripletWithALargeProductOfValueAndGradientStays() {
    Tensor a = parameter(3, 4);
    Tensor e = parameter(3, 1);
    Tensor b = parameter(5, 3);
    AdaLoraTriplets layer =
        new AdaLoraTriplets(
            a,
            e,
            b,
            Tensor.of(new double[9], 3, 3),
            Tensor.of(new double[] {AdaLoraTriplets.TINY}));
    AdaLoraAllocator allocator =
        new AdaLoraAllocator(new AdaLoraConfig(3, 1, 4).scheduled(0, 1, 1), Map.of("l", layer));
    TrainingHook hook = allocator.begin(4);
    Tensor weight = Tensor.of(new double[] {0, 0, 1}, 3, 1);

    for (int step = 1; step <= 4; step++) {
      e.clearGradient();
      try (Tape t = Tape.training(KernelSets.forType(DataType.FLOAT64))) {
        t.backward(t.meanSquaredError(t.mul(e, weight), Tensor.of(new double[3], 3, 1)), step);
      }
      hook.afterStep(step);
    }

    assertThat(e.value().toDoubles()).containsExactly(0, 0, 1);
    assertThat(allocator.settled().orElseThrow().layers().get("l").get("lora_B").shape())
        .isEqualTo(Shape.of(5, 1));
  }

  @Test
  void smoothsAsThePaperSays() {
    Tensor w = Tensor.parameter(Tensor.of(new double[] {2, -3}, 2, 1).value());
    AdaLoraSensitivity sensitivity = AdaLoraSensitivity.of(w);
    double[] smooth = new double[2];
    double[] uncertainty = new double[2];
    for (int step = 1; step <= 3; step++) {
      w.clearGradient();
      try (Tape t = Tape.training(KernelSets.forType(DataType.FLOAT64))) {
        t.backward(t.meanSquaredError(w, Tensor.of(new double[2], 2, 1)), step);
      }
      double[] values = {2, -3};
      sensitivity.observe(0.85, 0.7);
      for (int i = 0; i < 2; i++) {
        double now = step * values[i] * values[i];
        smooth[i] = 0.85 * smooth[i] + 0.15 * now;
        uncertainty[i] = 0.7 * uncertainty[i] + 0.3 * Math.abs(now - smooth[i]);
      }
    }

    assertThat(sensitivity.ofRows())
        .containsExactly(
            new double[] {smooth[0] * uncertainty[0], smooth[1] * uncertainty[1]},
            Offset.offset(1e-12));
    assertThat(sensitivity.ofColumns()[0])
        .isCloseTo(
            (smooth[0] * uncertainty[0] + smooth[1] * uncertainty[1]) / 2, Offset.offset(1e-12));
  }

  /** Between choices what was switched off trains on; a file holds what counts at its time. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void whatWasSettledComesBackFromTheFile(int deltaT) throws IOException {
    PeftModel<Mlp> model = adapted(new AdaLoraConfig(6, 1, STEPS).scheduled(3, 0, deltaT));
    train(model, step -> {});

    model.save(folder);
    PeftModel<Mlp> loaded = Peft.load(mlp(), folder);

    assertThat(output(loaded)).containsExactly(output(model), within(1e-14));
    assertThat(loaded.report().trainable()).isLessThanOrEqualTo(model.report().trainable());
    assertThat(((AdaLoraConfig) loaded.spec("default").config()).rankPattern()).isPresent();
  }

  @Test
  void aLayerThatLosesAllItsRankIsSavedAndTrainsOn() throws IOException {
    AdaLoraConfig config = new AdaLoraConfig(3, 1, 4).scheduled(0, 1, 1);
    PeftModel<Mlp> model = adapted(config);
    model.trainable().values().forEach(AdaLoraAllocatorTest::fillWithOnes);
    TrainingHook hook = model.begin(4);
    for (int step = 1; step <= 4; step++) {
      hook.afterStep(step);
    }
    model.save(folder);

    PeftModel<Mlp> loaded = Peft.load(mlp(), folder);

    assertThat(output(loaded)).containsExactly(output(model), within(1e-14));
    assertThat(loaded.trainable().get("lin1.lora_A").shape()).isEqualTo(Shape.of(0, Mlp.HIDDEN));
    train(loaded, step -> {});
    loaded.save(folder.resolve("again"));
    assertThat(output(Peft.load(mlp(), folder.resolve("again")))).containsExactly(output(loaded));
    assertThat(loaded.merge().lin1().weight().pretrained().value().toDoubles())
        .isEqualTo(mlp().lin1().weight().pretrained().value().toDoubles());
    loaded.saveAsLora("default", folder.resolve("lora"));
    assertThat(output(Peft.load(mlp(), folder.resolve("lora"))))
        .containsExactly(output(loaded), within(1e-12));
  }

  @Test
  void settledRanksStayInFurtherTraining() throws IOException {
    PeftModel<Mlp> model = adapted(new AdaLoraConfig(6, 2, STEPS).scheduled(3, 4, 1));
    train(model, step -> {});
    model.save(folder);
    PeftModel<Mlp> loaded = Peft.load(mlp(), folder);

    train(loaded, step -> {});

    assertThat(alive(loaded)).isEqualTo(4);
  }

  @Test
  void settledRanksStayInFurtherTrainingOfTheSameModel() {
    PeftModel<Mlp> model = adapted(new AdaLoraConfig(6, 2, STEPS).scheduled(3, 4, 1));
    train(model, step -> {});
    boolean[] settled = mask(model);

    train(model, step -> assertThat(mask(model)).isEqualTo(settled));
  }

  /** The last choice falls into the step after the one that failed. */
  @Test
  void aStepThatIsLeftOutDoesNotTakeTheLastChoiceWithIt() {
    PeftModel<Mlp> model = adapted(new AdaLoraConfig(6, 2).scheduled(3, 4, 5));
    TrainingHook hook = model.begin(STEPS);
    moved(model, 0.1);

    for (int step = 1; step <= STEPS; step++) {
      if (step != 17) {
        hook.afterStep(step);
      }
      if (step == 18) {
        assertThat(alive(model)).isEqualTo(4);
      }
    }
  }

  @Test
  void theFileSaysHowLongTrainingWasToTake() throws IOException {
    PeftModel<Mlp> model = adapted(new AdaLoraConfig(6, 2).scheduled(30, 4, 1));
    model.begin(50).afterStep(1);

    model.save(folder);

    AdaLoraConfig config = (AdaLoraConfig) Peft.load(mlp(), folder).spec("default").config();
    assertThat(config.budget().totalStep()).contains(50);
    assertThat(config.rankPattern()).isEmpty();
  }

  @Test
  void ofTwoAdaptersEachHasABudgetOfItsOwn() {
    PeftModel<Mlp> model = adapted(new AdaLoraConfig(6, 2).scheduled(3, 4, 1));
    AdaLoraConfig other = new AdaLoraConfig(3, 1).scheduled(3, 4, 1);
    model.add(new AdapterSpec(other, TargetModules.allLinear()).named("other"));
    model.activate("default", "other");

    train(model, step -> {});

    assertThat(alive(model, "default:")).isEqualTo(4);
    assertThat(alive(model, "other:")).isEqualTo(2);
    assertThat(model.begin(STEPS).memory())
        .containsKeys("default.stage", "other.stage", "other.lin0.lora_E.uncertainty");
  }

  private static void train(PeftModel<Mlp> model, TrainingListener after) {
    Tensor x = Mlp.normal(DataType.FLOAT64, new Random(11), 1, 8, Mlp.IN);
    Tensor target = Mlp.normal(DataType.FLOAT64, new Random(12), 1, 8, Mlp.OUT);
    TrainingConfig config =
        new TrainingConfig(STEPS, LearningRate.constant(1e-2), new AdamWSettings(0.01), 1, 1, 0);
    try (Trainer<Tensor> trainer =
        new Trainer<>(
            model,
            (t, in) -> new Loss(t.meanSquaredError(model.model().forward(t, in), target), 1),
            config)) {
      trainer.fit(Stream.generate(() -> x).iterator(), after);
    }
  }

  private static int alive(PeftModel<Mlp> model) {
    return alive(model, "");
  }

  private static int alive(PeftModel<Mlp> model, String adapter) {
    int count = 0;
    for (boolean alive : mask(model, adapter)) {
      count += alive ? 1 : 0;
    }
    return count;
  }

  private static boolean[] mask(PeftModel<Mlp> model) {
    return mask(model, "");
  }

  private static boolean[] mask(PeftModel<Mlp> model, String adapter) {
    double[] all =
        Stream.of("lin0.lora_E", "lin1.lora_E")
            .map(path -> model.trainable().get(adapter + path))
            .flatMapToDouble(e -> Arrays.stream(e.value().toDoubles()))
            .toArray();
    boolean[] mask = new boolean[all.length];
    for (int i = 0; i < all.length; i++) {
      mask[i] = all[i] != 0;
    }
    return mask;
  }

  private static Tensor parameter(int rows, int columns) {
    Tensor tensor = Tensor.parameter(Tensor.of(new double[rows * columns], rows, columns).value());
    fillWithOnes(tensor);
    return tensor;
  }

  private static void fillWithOnes(Tensor tensor) {
    double[] ones = new double[Math.toIntExact(tensor.shape().length())];
    Arrays.fill(ones, 1);
    tensor.value().put(ones);
  }

  private static Offset<Double> within(double tolerance) {
    return Offset.offset(tolerance);
  }
}
