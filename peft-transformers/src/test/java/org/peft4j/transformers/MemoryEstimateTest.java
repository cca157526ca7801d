package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.TokenBatch;

class MemoryEstimateTest {

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "false, false, 4, 256",
    "false, true, 4, 256",
    "true, false, 2, 128",
    "true, true, 2, 128",
    "false, false, 8, 32",
    "false, true, 1, 512"
  })
  void isWhatAStepThenTakes(boolean full, boolean checkpointing, int sequences, int length)
      throws IOException {
    AdapterConfig method = full ? new FullConfig() : new LoraConfig(4, 8);
    TrainingConfig config = new TrainingConfig(2, 1e-3).withActivationCheckpointing(checkpointing);
    try (LanguageModel model = model(method)) {
      MemoryEstimate estimate = MemoryEstimate.of(model, config, sequences, length);

      assertThat(estimate.activations())
          .isCloseTo(measured(model, config, sequences, length), withinPercentage(12));
    }
  }

  @Test
  void checkpointingTakesLess() throws IOException {
    TrainingConfig plain = new TrainingConfig(2, 1e-3);
    try (LanguageModel model = model(new LoraConfig(4, 8))) {
      long less =
          MemoryEstimate.of(model, plain.withActivationCheckpointing(true), 4, 256).activations();

      assertThat(less).isLessThan(MemoryEstimate.of(model, plain, 4, 256).activations() * 8 / 10);
    }
  }

  @Test
  void leavesNoGradientBehind() throws IOException {
    try (LanguageModel model = model(new LoraConfig(4, 8))) {
      MemoryEstimate.of(model, new TrainingConfig(2, 1e-3), 1, 16);

      assertThat(model.peft().trainable().values())
          .allSatisfy(tensor -> assertThat(tensor.gradient()).isNull());
    }
  }

  @Test
  void refusesWhatCannotFit() {
    MemoryEstimate estimate = new MemoryEstimate(5L << 30, 10L << 20, 300L << 20, 1L << 40);

    estimate.requireFits(310L << 20);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> estimate.requireFits(200L << 20))
        .withMessage(
            "training needs about 310 MiB more memory (300 for a step, 10 for what trains) but 200"
                + " MiB are there; lower the batch size or the length, use activation"
                + " checkpointing, or train less");
  }

  @Test
  void knowsWhatIsFree() throws IOException {
    try (LanguageModel model = model(new LoraConfig(4, 8))) {
      MemoryEstimate estimate = MemoryEstimate.of(model, new TrainingConfig(2, 1e-3), 1, 16);

      assertThat(estimate.available()).isPositive();
      assertThat(estimate).hasToString(estimate.toString()).asString().startsWith("memory: ");
    }
  }

  private static long measured(
      LanguageModel model, TrainingConfig config, int sequences, int length) {
    Random random = new Random(1);
    List<int[]> ids =
        IntStream.range(0, sequences)
            .mapToObj(i -> random.ints(length, 0, TinyLlama.VOCABULARY).toArray())
            .toList();
    try (Trainer<TokenBatch> trainer =
        new Trainer<>(model.peft(), model.model().objective(), config)) {
      trainer.fit(List.of(TokenBatch.of(ids), TokenBatch.of(ids)).iterator());
      return trainer.workingBytes();
    }
  }

  private LanguageModel model(AdapterConfig method) throws IOException {
    Path folder =
        new TinyLlama()
            .configured(config -> config.put("max_position_embeddings", 512))
            .writeTo(directory);
    LanguageModel model = LanguageModel.load(folder);
    model.adapt(method);
    return model;
  }
}
