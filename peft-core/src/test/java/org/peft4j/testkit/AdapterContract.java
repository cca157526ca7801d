package org.peft4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.AdaptedModel;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.ModuleTree;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Loss;
import org.peft4j.train.Objective;
import org.peft4j.train.Schedule;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;

/**
 * What must hold for every method. A method's test implements this and gives its config; in float64
 * throughout.
 */
public interface AdapterContract {

  /** The method under test, at a small rank. */
  AdapterConfig config();

  /** Where it goes; both layers of the model unless the method wants otherwise. */
  default AdapterSpec spec() {
    return new AdapterSpec(config(), TargetModules.allLinear()).seeded(3);
  }

  /** What its start may look at; nothing unless the method wants otherwise. */
  default Preparation preparation(Mlp model) {
    return Preparation.NONE;
  }

  /**
   * Whether the method's gradient for this tensor is that of its function; some leave a part out on
   * purpose.
   */
  default boolean hasExactGradient(String parameter) {
    return true;
  }

  @Test
  default void startsEqualToTheBaseLayer() {
    Mlp plain = Mlp.random(DataType.FLOAT64, 1);
    PeftModel<Mlp> model = adapted();

    assertThat(output(model)).containsExactly(output(plain, model), within(1e-12));
  }

  @Test
  default void isTheBaseBitForBitWhenDisabled() {
    PeftModel<Mlp> model = trained();
    Mlp plain = Mlp.random(DataType.FLOAT64, 1);

    double[] expected = output(plain, model);
    assertThat(output(model.base())).containsExactly(expected);
    model.disable();
    assertThat(output(model)).containsExactly(expected);
    model.activate(AdapterSpec.DEFAULT_NAME);
    assertThat(output(model)).isNotEqualTo(output(plain, model));
  }

  @Test
  default void gradientsEqualCentralDifferences() {
    PeftModel<Mlp> model = perturbed();
    Map<String, double[]> gradients = gradients(model);

    model
        .trainable()
        .forEach(
            (name, tensor) -> {
              if (hasExactGradient(name)) {
                int[] entries = evenlyChosen(gradients.get(name).length);
                assertThat(pick(gradients.get(name), entries))
                    .as(name)
                    .containsExactly(centralDifferences(model, tensor, entries), within(1e-6));
              }
            });
  }

  @Test
  default void everyTrainedTensorReceivesAGradient() {
    gradients(perturbed())
        .forEach(
            (name, gradient) ->
                assertThat(Arrays.stream(gradient).anyMatch(value -> value != 0))
                    .as(name)
                    .isTrue());
  }

  @Test
  default void mergedEqualsAdapted() {
    PeftModel<Mlp> model = trained();

    assertThat(output(model.merge(), model)).containsExactly(output(model), within(1e-9));
  }

  @Test
  default void trainingLeavesTheBaseWeightsAsTheyWere() {
    Map<String, double[]> before = weights(Mlp.random(DataType.FLOAT64, 1));
    PeftModel<Mlp> model = trained();
    model.disable();

    Map<String, double[]> after = weights(model.model());

    after.forEach((name, values) -> assertThat(values).as(name).isEqualTo(before.get(name)));
  }

  @Test
  default void trainingLowersTheLoss() {
    PeftModel<Mlp> model = adapted();
    double before = loss(model);

    train(model);

    assertThat(loss(model)).isLessThan(before);
  }

  @Test
  default void theSameSeedGivesTheSameTensors() {
    PeftModel<Mlp> one = adapted();
    PeftModel<Mlp> two = adapted();

    assertThat(tensors(one)).usingRecursiveComparison().isEqualTo(tensors(two));
  }

  @Test
  default void isReadBackBitForBit(@TempDir Path directory) throws IOException {
    PeftModel<Mlp> model = trained();
    model.save(directory);

    PeftModel<Mlp> loaded = Peft.load(Mlp.random(DataType.FLOAT64, 1), directory);

    assertThat(tensors(loaded)).usingRecursiveComparison().isEqualTo(tensors(model));
    assertThat(output(loaded)).containsExactly(output(model));
    assertThat(loaded.spec("default").config()).isEqualTo(model.spec("default").config());
  }

  /** A method whose update is no product of thin factors says so. */
  @Test
  default void asPlainLoraItComputesTheSameOrIsRefused(@TempDir Path directory) throws IOException {
    PeftModel<Mlp> model = trained();
    try {
      model.saveAsLora(AdapterSpec.DEFAULT_NAME, directory);
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("is no product of thin factors");
      return;
    }

    PeftModel<Mlp> plain = Peft.load(Mlp.random(DataType.FLOAT64, 1), directory);

    assertThat(output(plain)).containsExactly(output(model), within(1e-9));
  }

  private PeftModel<Mlp> adapted() {
    Mlp model = Mlp.random(DataType.FLOAT64, 1);
    return Peft.adapt(model, preparation(model), spec());
  }

  private static org.assertj.core.data.Offset<Double> within(double tolerance) {
    return org.assertj.core.data.Offset.offset(tolerance);
  }

  private PeftModel<Mlp> trained() {
    PeftModel<Mlp> model = adapted();
    train(model);
    return model;
  }

  /**
   * Every trained number moved a little: the point where all gradients are what they are in the
   * general case.
   */
  private PeftModel<Mlp> perturbed() {
    PeftModel<Mlp> model = adapted();
    Random random = new Random(5);
    for (Tensor tensor : model.trainable().values()) {
      double[] values = tensor.value().toDoubles();
      IntStream.range(0, values.length).forEach(i -> values[i] += 0.1 * random.nextGaussian());
      tensor.value().put(values);
    }
    return model;
  }

  private static void train(PeftModel<Mlp> model) {
    TrainingConfig config =
        new TrainingConfig(
            10, new LearningRate(1e-2, Schedule.CONSTANT, 0), new AdamWSettings(0.1), 1, 1, 0);
    try (Trainer<Tensor> trainer = new Trainer<>(model, objective(model), config)) {
      Iterator<Tensor> same = java.util.stream.Stream.generate(AdapterContract::x).iterator();
      trainer.fit(same);
    }
  }

  private static Objective<Tensor> objective(PeftModel<Mlp> model) {
    Tensor target = target();
    return (t, x) -> new Loss(t.meanSquaredError(model.model().forward(t, x), target), 1);
  }

  private static Map<String, double[]> gradients(PeftModel<Mlp> model) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    try (Tape t = model.training()) {
      t.backward(objective(model).loss(t, x()).sum(), 1);
      model.trainable().forEach((name, tensor) -> gradients.put(name, gradient(tensor)));
    }
    return gradients;
  }

  private static double[] gradient(Tensor tensor) {
    return tensor.gradient() == null
        ? new double[Math.toIntExact(tensor.shape().length())]
        : tensor.gradient().toDoubles();
  }

  /**
   * At most 60 entries, first and last among them: enough to meet every row and column of small
   * factors.
   */
  private static int[] evenlyChosen(int length) {
    int chosen = Math.min(60, length);
    return IntStream.range(0, chosen)
        .map(i -> chosen == 1 ? 0 : (int) Math.round(i * (length - 1.0) / (chosen - 1)))
        .toArray();
  }

  private static double[] pick(double[] values, int[] entries) {
    return Arrays.stream(entries).mapToDouble(i -> values[i]).toArray();
  }

  private static double[] centralDifferences(PeftModel<Mlp> model, Tensor tensor, int[] entries) {
    double[] start = tensor.value().toDoubles();
    double h = 1e-5;
    double[] slopes = new double[entries.length];
    Objective<Tensor> objective = objective(model);
    Tensor x = x();
    try (Tape t = model.inference()) {
      for (int i = 0; i < entries.length; i++) {
        double[] values = start.clone();
        values[entries[i]] = start[entries[i]] + h;
        double above = lossAt(t, objective, x, tensor, values);
        values[entries[i]] = start[entries[i]] - h;
        slopes[i] = (above - lossAt(t, objective, x, tensor, values)) / (2 * h);
      }
    }
    tensor.value().put(start);
    return slopes;
  }

  private static double lossAt(
      Tape t, Objective<Tensor> objective, Tensor x, Tensor tensor, double[] values) {
    tensor.value().put(values);
    double loss = objective.loss(t, x).sum().item();
    t.reset();
    return loss;
  }

  private static double loss(PeftModel<Mlp> model) {
    try (Tape t = model.inference()) {
      return objective(model).loss(t, x()).sum().item();
    }
  }

  private static double[] output(PeftModel<Mlp> model) {
    return output(model.model(), model);
  }

  private static double[] output(AdaptedModel<Mlp> adapted) {
    try (Tape t = adapted.inference()) {
      return adapted.model().forward(t, x()).value().toDoubles();
    }
  }

  private static double[] output(Mlp mlp, PeftModel<Mlp> model) {
    try (Tape t = model.inference()) {
      return mlp.forward(t, x()).value().toDoubles();
    }
  }

  private static Map<String, double[]> tensors(PeftModel<Mlp> model) {
    Map<String, double[]> tensors = new LinkedHashMap<>();
    model.trainable().forEach((name, tensor) -> tensors.put(name, tensor.value().toDoubles()));
    return tensors;
  }

  private static Map<String, double[]> weights(Mlp mlp) {
    Map<String, double[]> weights = new LinkedHashMap<>();
    ModuleTree.parameters(mlp)
        .forEach(
            (name, parameter) -> weights.put(name, parameter.pretrained().value().toDoubles()));
    return weights;
  }

  private static Tensor x() {
    return Mlp.normal(DataType.FLOAT64, new Random(11), 1, 8, Mlp.IN);
  }

  private static Tensor target() {
    return Mlp.normal(DataType.FLOAT64, new Random(12), 1, 8, Mlp.OUT);
  }
}
