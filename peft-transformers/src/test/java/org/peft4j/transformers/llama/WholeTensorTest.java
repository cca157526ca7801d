package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.HftConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.ModuleTree;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.testkit.Shared;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.Evaluation;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.model.TokenBatch;

/** Full and half fine-tuning of a really pretrained model. */
class WholeTensorTest {

  private static final int ALL = 260_032;

  @TempDir Path folder;

  @Test
  void fullFineTuningLandsWhereItDoesInPyTorch() throws IOException {
    PeftModel<DecoderForCausalLm> model = stories(new FullConfig());
    AdaptedLlamaTest.Curves curves = curves();

    assertThat(model.report().trainable()).isEqualTo(ALL);
    double[] losses = train(model, curves, 200);

    assertThat(losses[0]).isCloseTo(4.8837, Offset.offset(1e-4));
    assertThat(losses[1]).isCloseTo(3.2748, Offset.offset(0.01));
  }

  @Test
  void halfFineTuningLearnsWithHalfAndLeavesTheOtherHalfAsItWas() throws IOException {
    PeftModel<DecoderForCausalLm> model = stories(new HftConfig());
    Map<String, float[]> before = values(model.model());

    double[] losses = train(model, curves(), 40);

    Set<String> selected = model.trainable().keySet();
    assertThat(selected.stream().filter(path -> path.contains("_proj"))).hasSize(10 + 8);
    assertThat(selected.stream().filter(path -> path.contains("layernorm"))).hasSize(5);
    assertThat(selected).hasSize(18 + 5 + 2);
    assertThat(losses[1]).isLessThan(3.2);
    DecoderForCausalLm merged = model.merge();
    values(merged)
        .forEach(
            (path, values) ->
                assertThat(Arrays.equals(values, before.get(path)))
                    .as(path)
                    .isEqualTo(!selected.contains(path)));
    assertThat(merged.settings()).containsEntry("tie_word_embeddings", true);
  }

  @Test
  void isReadBackBitForBit() throws IOException {
    PeftModel<DecoderForCausalLm> model = stories(new HftConfig());
    train(model, curves(), 2);
    model.save(folder);

    PeftModel<DecoderForCausalLm> loaded = Peft.load(stories(), folder);

    assertThat(loaded.trainable().keySet()).isEqualTo(model.trainable().keySet());
    assertThat(values(loaded.model())).usingRecursiveComparison().isEqualTo(values(model.model()));
  }

  /** The validation loss before and after. */
  private static double[] train(
      PeftModel<DecoderForCausalLm> model, AdaptedLlamaTest.Curves curves, int steps) {
    TrainingConfig config =
        new TrainingConfig(steps, LearningRate.constant(1e-3), new AdamWSettings(), 1, 0, 0);
    try (Trainer<TokenBatch> trainer =
        new Trainer<>(
            model,
            (t, batch) -> new Loss(model.model().lossSum(t, batch), batch.targets()),
            config)) {
      Evaluation before = trainer.evaluate(curves.valid());
      TrainingReport report = trainer.fit(curves.batches().iterator());
      double after = trainer.evaluate(curves.valid()).loss();
      System.out.printf(
          "%s: valid %.4f -> %.4f, %.1f ms a step%n",
          model.report(), before.loss(), after, 1000 * report.medianStepSeconds());
      return new double[] {before.loss(), after};
    }
  }

  private static AdaptedLlamaTest.Curves curves() throws IOException {
    return AdaptedLlamaTest.Curves.read(Shared.require("golden/curves/batches.json"));
  }

  private static PeftModel<DecoderForCausalLm> stories(AdapterConfig config) throws IOException {
    return Peft.adapt(stories(), new AdapterSpec(config, TargetModules.allLinear()));
  }

  private static DecoderForCausalLm stories() throws IOException {
    Path checkpoint = Shared.require("data/stories260K-hf");
    return (DecoderForCausalLm) Checkpoint.load(checkpoint, DataType.FLOAT32).causalLm();
  }

  private static Map<String, float[]> values(DecoderForCausalLm model) {
    Map<String, float[]> values = new LinkedHashMap<>();
    ModuleTree.parameters(model)
        .forEach((path, parameter) -> values.put(path, parameter.pretrained().value().toFloats()));
    return values;
  }
}
