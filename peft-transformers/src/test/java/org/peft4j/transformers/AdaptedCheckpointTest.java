package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.testkit.Shared;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.checkpoint.LoadedModel;
import org.peft4j.transformers.data.ExampleSettings;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;

/** Checkpoints and adapters together, from loading to a merged model directory. */
class AdaptedCheckpointTest {

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"lora_r8_all", "dora_r4_qv"})
  void aMergedModelDirectoryComputesWhatHuggingFacePeftMerged(String name) throws IOException {
    Path folder = Shared.require("data/stories260K-peft/" + name);
    LoadedModel loaded = Checkpoint.load(Shared.require("data/stories260K-hf"), DataType.FLOAT32);
    mergedAgrees(loaded, loaded.causalLm(), folder);
  }

  private <M extends CausalLm<M>> void mergedAgrees(
      LoadedModel loaded, CausalLm<M> model, Path folder) throws IOException {
    Path golden = folder.resolve("golden.safetensors");
    TokenBatch batch = TokenBatch.of(List.of(Golden.integers(golden, "input_ids")));
    PeftModel<M> adapted = Peft.load(model.self(), folder);

    Checkpoint.save(adapted.merge(), loaded, directory);
    LoadedModel merged = Checkpoint.load(directory, DataType.FLOAT32);

    assertThat(logits(adapted, merged.causalLm(), batch))
        .containsExactly(Golden.tensor(golden, "merged_logits"), within(1e-4));
  }

  @Test
  void learnsASequenceByHeart() throws IOException {
    LoadedModel loaded = Checkpoint.load(new TinyLlama().writeTo(directory), DataType.FLOAT32);
    TokenBatch batch = TokenBatch.of(List.of(new int[] {3, 1, 4, 1, 5, 9, 2, 6}));

    double before = lossAfter(loaded.causalLm(), batch, 1);
    double after = lossAfter(loaded.causalLm(), batch, 60);

    assertThat(after).isLessThan(before / 3);
  }

  @Test
  void adaptsAModelWhoseTypeIsNotKnown() throws IOException {
    CausalLm<?> model =
        Checkpoint.load(new TinyLlama().writeTo(directory), DataType.FLOAT32).causalLm();

    var adapted = model.adapt(new AdapterSpec(new LoraConfig(), TargetModules.allLinear()));

    assertThat(adapted.model()).isSameAs(model);
    assertThat(adapted.active()).containsExactly("default");
  }

  @Test
  void readsExamplesAsTheModelNeedsThem() throws IOException {
    new TinyLlama().writeTo(directory);
    Files.writeString(directory.resolve("generation_config.json"), "{\"eos_token_id\": [9, 2]}");
    try (LanguageModel model = LanguageModel.load(directory)) {
      int tooLong = model.model().maxPositions() + 1;

      assertThat(model.settings(8))
          .isEqualTo(
              new ExampleSettings(8, TinyLlama.VOCABULARY, OptionalInt.empty(), OptionalInt.of(2)));
      assertThatThrownBy(() -> model.settings(tooLong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "maxLength must be at most %d, the longest text the model takes, but was %d"
                  .formatted(tooLong - 1, tooLong));
    }
  }

  private static <M extends CausalLm<M>> double lossAfter(
      CausalLm<M> model, TokenBatch batch, int steps) {
    PeftModel<M> adapted =
        Peft.adapt(
            model.self(),
            new AdapterSpec(
                new LoraConfig(),
                TargetModules.names(model.defaultTargets().toArray(new String[0]))));
    try (Trainer<TokenBatch> trainer =
        new Trainer<>(adapted, model.objective(), new TrainingConfig(steps, 0.02))) {
      trainer.fit(Collections.nCopies(steps, batch).iterator());
      return trainer.evaluate(List.of(batch)).loss();
    }
  }

  private static double[] logits(PeftModel<?> adapted, CausalLm<?> model, TokenBatch batch) {
    try (Tape t = adapted.inference()) {
      return model.logits(t, batch).value().toDoubles();
    }
  }
}
