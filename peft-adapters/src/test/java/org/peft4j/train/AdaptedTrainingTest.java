package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;

/** What a trainer knows of the model around the adapters it trains. */
class AdaptedTrainingTest {

  @TempDir Path temporary;

  @Test
  void aCheckpointIsAnAdapterThatCanBeUsed() throws Exception {
    PeftModel<Mlp> model = model(new LoraConfig(4, 8), 1);
    train(model, x(), new TrainingPlan<Tensor>().saving(new CheckpointPlan(temporary, 2)));

    PeftModel<Mlp> loaded =
        Peft.load(Mlp.random(DataType.FLOAT32, 1), temporary.resolve("checkpoint-4"));

    model
        .parameters("default")
        .forEach(
            (name, tensor) ->
                assertThat(loaded.parameters("default").get(name).value().toFloats())
                    .isEqualTo(tensor.value().toFloats()));
  }

  @Test
  void goesOnWithTheAdapterThatTheCheckpointHolds() throws Exception {
    PeftModel<Mlp> model = model(new LoraConfig(4, 8), 1);
    train(model, x(), new TrainingPlan<Tensor>().saving(new CheckpointPlan(temporary, 2)));

    PeftModel<Mlp> loaded =
        Peft.load(Mlp.random(DataType.FLOAT32, 1), temporary.resolve("checkpoint-4"));

    assertThat(loaded.identity()).isEqualTo(model.identity());
  }

  @Test
  void refusesTheCheckpointOfAnotherModelOrMethod() {
    PeftModel<Mlp> model = model(new LoraConfig(4, 8), 1);
    train(model, x(), new TrainingPlan<Tensor>().saving(new CheckpointPlan(temporary, 2)));
    TrainingPlan<Tensor> resuming =
        new TrainingPlan<Tensor>().saving(new CheckpointPlan(temporary, 2).resuming());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> train(model(new LoraConfig(4, 8), 2), x(), resuming))
        .withMessageContaining("checkpoint-4 is of another training:\n  base model: ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> train(model(new LoraConfig(4, 16), 1), x(), resuming))
        .withMessageContaining("\n  adapter default: LoraConfig[rank=4, alpha=8.0")
        .withMessageContaining("here");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> train(model(new DoraConfig(4, 8), 1), x(), resuming))
        .withMessageContaining(
            "\n  trained lin0.lora_magnitude_vector: nothing there, F32 [32] here");
  }

  @Test
  void namesTheLayerWhereNumbersStopBeingFinite() {
    PeftModel<Mlp> model = model(new LoraConfig(4, 8), 1);
    Tensor huge = Mlp.normal(DataType.FLOAT32, new Random(3), 1e39, 8, Mlp.IN);

    assertThatThrownBy(() -> train(model, huge, new TrainingPlan<>()))
        .isInstanceOf(NotFiniteException.class)
        .hasMessageStartingWith("the loss of step 1 is ")
        .hasMessageContaining("(what goes into lin0 is not finite)");
  }

  private static void train(PeftModel<Mlp> model, Tensor x, TrainingPlan<Tensor> plan) {
    Tensor target = Mlp.normal(DataType.FLOAT32, new Random(4), 1, 8, Mlp.OUT);
    try (Trainer<Tensor> trainer =
        new Trainer<>(
            model,
            (t, batch) -> new Loss(t.meanSquaredError(model.model().forward(t, batch), target), 1),
            new TrainingConfig(4, 1e-2))) {
      trainer.fit(always(x), plan);
    }
  }

  private static BatchSource<Tensor> always(Tensor x) {
    return new BatchSource<>() {
      @Override
      public Tensor batch(long number) {
        return x;
      }

      @Override
      public int perEpoch() {
        return 1;
      }

      @Override
      public String signature() {
        return "always the same";
      }
    };
  }

  private static Tensor x() {
    return Mlp.normal(DataType.FLOAT32, new Random(3), 1, 8, Mlp.IN);
  }

  private static PeftModel<Mlp> model(AdapterConfig config, long seed) {
    return Peft.adapt(
        Mlp.random(DataType.FLOAT32, seed), new AdapterSpec(config, TargetModules.allLinear()));
  }
}
