package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.StartReport;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.init.EvaStart;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.testkit.Shared;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.model.TokenBatch;

/** Starts that look at data find in a language model about what Hugging Face PEFT finds. */
class CalibratedLlamaTest {

  /** Of the training batches; it takes no more to settle. */
  private static final int SHOWN = 8;

  @Test
  void evaGivesTheRanksThatPeftGivesAndLearnsAsFast() throws IOException {
    Path folder = Shared.require("golden/curves/eva");
    List<TokenBatch> batches =
        AdaptedLlamaTest.Curves.read(Shared.require("golden/curves/batches.json")).batches();
    DecoderForCausalLm llama =
        (DecoderForCausalLm)
            Checkpoint.load(Shared.require("data/stories260K-hf"), DataType.FLOAT32).causalLm();
    double base = loss(Peft.host(llama), batches.get(0));

    PeftModel<DecoderForCausalLm> model =
        Peft.adapt(
            llama,
            Preparation.on(llama.calibration(batches.subList(0, SHOWN))),
            new AdapterSpec(new LoraConfig(8, 16), TargetModules.allLinear())
                .startedBy(new EvaStart()));

    List<StartReport> starts = model.starts("default");
    assertThat(starts).hasSize(35);
    assertThat(starts.stream().mapToInt(start -> start.facts().rank()).sum()).isEqualTo(35 * 8);
    int moved = distance(starts, Golden.json(folder.resolve("adapter_config.json")));
    System.out.printf("EVA: %d of %d ranks lie elsewhere than under PEFT%n", moved / 2, 35 * 8);
    assertThat(moved / 2).isLessThanOrEqualTo(2);
    assertThat(loss(model, batches.get(0))).isCloseTo(base, within(1e-6));

    JsonNode curve = Golden.json(folder.resolve("curve.json"));
    double[] expected = Golden.doubles(curve.get("train_losses"));
    double[] losses = train(model, batches.subList(0, 10), curve.get("lr").asDouble());
    for (int i = 0; i < losses.length; i++) {
      assertThat(losses[i]).as("step %d", i).isCloseTo(expected[i], withinPercentage(1));
    }
  }

  private static int distance(List<StartReport> starts, JsonNode config) {
    return starts.stream()
        .mapToInt(
            start -> {
              int theirs =
                  config.get("rank_pattern").path(start.layer()).asInt(config.get("r").intValue());
              return Math.abs(start.facts().rank() - theirs);
            })
        .sum();
  }

  private static double[] train(
      PeftModel<DecoderForCausalLm> model, List<TokenBatch> batches, double learningRate) {
    TrainingConfig config =
        new TrainingConfig(
            batches.size(), LearningRate.constant(learningRate), new AdamWSettings(), 1, 0, 0);
    try (Trainer<TokenBatch> trainer = new Trainer<>(model, model.model().objective(), config)) {
      return trainer.fit(batches.iterator()).losses();
    }
  }

  private static double loss(PeftModel<DecoderForCausalLm> model, TokenBatch batch) {
    try (Tape t = model.inference()) {
      return model.model().lossSum(t, batch).item() / batch.targets();
    }
  }
}
