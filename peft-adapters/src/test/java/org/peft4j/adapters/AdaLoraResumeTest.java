package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.BatchSource;
import org.peft4j.train.CheckpointPlan;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingPlan;

/** A training of AdaLoRA that was broken off ends as one that was not. */
class AdaLoraResumeTest {

  private static final int STEPS = 20;

  @TempDir Path temporary;

  /** Broken off before the first choice, between choices, and after the last. */
  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 1, 3",
    "FLOAT32, 1, 9",
    "FLOAT32, 3, 11",
    "FLOAT32, 1, 18",
    "FLOAT64, 3, 8"
  })
  void endsWithTheSameBitsAndTheSameRanks(DataType type, int deltaT, int crash) throws IOException {
    AdaLoraConfig config = config(deltaT);
    PeftModel<Mlp> unbroken = model(type, config);
    fit(unbroken, new TrainingPlan<>());
    assertThatThrownBy(() -> fit(model(type, config), saving(false, crashingAfter(crash))))
        .hasMessageContaining("crash");

    PeftModel<Mlp> resumed = model(type, config);
    fit(resumed, saving(true));

    assertSame(resumed, unbroken);
  }

  /** What the broken training had chosen by then does not stay where it is taken back. */
  @Test
  void theModelOfTheBrokenTrainingGoesOnAsWell() throws IOException {
    PeftModel<Mlp> unbroken = model(DataType.FLOAT32, config(1));
    fit(unbroken, new TrainingPlan<>());
    PeftModel<Mlp> broken = model(DataType.FLOAT32, config(1));
    assertThatThrownBy(() -> fit(broken, saving(false, crashingAfter(11))));

    fit(broken, saving(true));

    assertSame(broken, unbroken);
  }

  @Test
  void aCheckpointIsAnAdapterOfTheRanksOfItsTime() throws IOException {
    fit(model(DataType.FLOAT32, config(1)), saving(false));

    PeftModel<Mlp> loaded =
        Peft.load(Mlp.random(DataType.FLOAT32, 1), temporary.resolve("checkpoint-20"));

    int rank =
        loaded.trainable().get("lin0.lora_E").shape().rows()
            + loaded.trainable().get("lin1.lora_E").shape().rows();
    assertThat(rank).isEqualTo(4);
  }

  private void assertSame(PeftModel<Mlp> actual, PeftModel<Mlp> expected) throws IOException {
    expected
        .trainable()
        .forEach(
            (name, tensor) ->
                assertThat(actual.trainable().get(name).value().toDoubles())
                    .as(name)
                    .isEqualTo(tensor.value().toDoubles()));
    actual.save(temporary.resolve("actual"));
    expected.save(temporary.resolve("expected"));
    for (String file : new String[] {"adapter_config.json", "adapter_model.safetensors"}) {
      assertThat(Files.readAllBytes(temporary.resolve("actual").resolve(file)))
          .isEqualTo(Files.readAllBytes(temporary.resolve("expected").resolve(file)));
    }
  }

  private TrainingPlan<Tensor> saving(boolean resume, TrainingListener... listeners) {
    return new TrainingPlan<Tensor>(listeners).saving(new CheckpointPlan(temporary, 2, 1, resume));
  }

  private static TrainingListener crashingAfter(int step) {
    return report -> {
      if (report.step() == step) {
        throw new AssertionError("crash");
      }
    };
  }

  private static AdaLoraConfig config(int deltaT) {
    return new AdaLoraConfig(6, 2).scheduled(3, 4, deltaT);
  }

  private static PeftModel<Mlp> model(DataType type, AdaLoraConfig config) {
    return Peft.adapt(
        Mlp.random(type, 1), new AdapterSpec(config, TargetModules.allLinear()).seeded(3));
  }

  private static void fit(PeftModel<Mlp> model, TrainingPlan<Tensor> plan) {
    TrainingConfig config =
        new TrainingConfig(STEPS, LearningRate.constant(1e-2), new AdamWSettings(0.01), 1, 1, 0);
    Tensor target = Mlp.normal(model.type(), new Random(12), 1, 8, Mlp.OUT);
    try (Trainer<Tensor> trainer =
        new Trainer<>(
            model,
            (t, x) -> new Loss(t.meanSquaredError(model.model().forward(t, x), target), 1),
            config)) {
      trainer.fit(new Drawn(model.type()), plan);
    }
  }

  private record Drawn(DataType type) implements BatchSource<Tensor> {

    @Override
    public Tensor batch(long number) {
      return Mlp.normal(type, new Random(number), 1, 8, Mlp.IN);
    }

    @Override
    public int perEpoch() {
      return 5;
    }

    @Override
    public String signature() {
      return "drawn";
    }
  }
}
