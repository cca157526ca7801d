package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.BoneConfig;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.adapters.MissConfig;
import org.peft4j.adapters.VeraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.data.Packing;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.model.TokenBatch;

/** Accumulation, packing, grouping and checkpointing change how a step is computed, not what. */
class SameTrainingTest {

  private static final int STEPS = 4;

  @TempDir Path directory;

  private final List<Example> examples = new ArrayList<>();

  @BeforeEach
  void draw() throws IOException {
    new TinyLlama().writeTo(directory);
    Random random = new Random(1);
    for (int i = 0; i < 8; i++) {
      int length = 3 + random.nextInt(20);
      examples.add(Example.of(random.ints(length, 0, TinyLlama.VOCABULARY).toArray()));
    }
  }

  @Test
  void accumulatingUnequalBatchesIsOneLargeBatch() throws IOException {
    Run plain = train(DataType.FLOAT64, batches(8), 1, false);
    Run accumulated = train(DataType.FLOAT64, batches(3), 3, false);

    accumulated.assertClose(plain, 1e-12);
    train(DataType.FLOAT32, batches(3), 3, false)
        .assertClose(train(DataType.FLOAT32, batches(8), 1, false), 2e-4);
  }

  @Test
  void packingIsOneLargeBatch() throws IOException {
    Batches packed = new Batches(Packing.of(examples, 48), 99, Order.asListed());
    assertThat(packed.batch(0).sequences()).isLessThan(examples.size());

    train(DataType.FLOAT64, packed, 1, false)
        .assertClose(train(DataType.FLOAT64, batches(8), 1, false), 1e-12);
    train(DataType.FLOAT32, packed, 1, false)
        .assertClose(train(DataType.FLOAT32, batches(8), 1, false), 2e-4);
  }

  static Stream<AdapterConfig> methods() {
    return Stream.of(
        new LoraConfig(4, 8, 0.1, false, false),
        new DoraConfig(4, 8),
        new MissConfig(4),
        new BoneConfig(4),
        new VeraConfig(),
        new FullConfig());
  }

  @ParameterizedTest
  @MethodSource("methods")
  void checkpointingGivesTheSameBits(AdapterConfig config) throws IOException {
    for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT64)) {
      Run plain = train(config, type, batches(4), 2, false);
      Run checkpointed = train(config, type, batches(4), 2, true);

      assertThat(checkpointed.losses()).isEqualTo(plain.losses());
      assertThat(checkpointed.values()).isEqualTo(plain.values());
    }
  }

  @Test
  void trainersOnSeveralThreadsDoNotMeet() throws Exception {
    Run alone = train(DataType.FLOAT32, batches(4), 2, false);
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      List<Future<Run>> together =
          threads.invokeAll(
              Collections.nCopies(3, () -> train(DataType.FLOAT32, batches(4), 2, false)));

      for (Future<Run> run : together) {
        assertThat(run.get().values()).isEqualTo(alone.values());
      }
    } finally {
      threads.shutdown();
    }
  }

  /** What a training gave. */
  private record Run(double[] losses, double[] values) {

    void assertClose(Run other, double tolerance) {
      assertClose(losses, other.losses, tolerance);
      assertClose(values, other.values, tolerance);
    }

    private static void assertClose(double[] one, double[] other, double tolerance) {
      assertThat(one).hasSameSizeAs(other);
      for (int i = 0; i < one.length; i++) {
        assertThat(Math.abs(one[i] - other[i])).as("number %d", i).isLessThan(tolerance);
      }
    }
  }

  private Run train(DataType type, Batches batches, int accumulation, boolean checkpointing)
      throws IOException {
    return train(new LoraConfig(4, 8), type, batches, accumulation, checkpointing);
  }

  private Run train(
      AdapterConfig config, DataType type, Batches batches, int accumulation, boolean checkpointing)
      throws IOException {
    DecoderForCausalLm llama = (DecoderForCausalLm) Checkpoint.load(directory, type).model();
    PeftModel<DecoderForCausalLm> model =
        Peft.adapt(llama, new AdapterSpec(config, TargetModules.allLinear()).seeded(3));
    TrainingConfig settings =
        new TrainingConfig(
                STEPS, LearningRate.constant(1e-2), new AdamWSettings(), accumulation, 1, 0)
            .withActivationCheckpointing(checkpointing);
    try (Trainer<TokenBatch> trainer = new Trainer<>(model, llama.objective(), settings)) {
      double[] losses = trainer.fit(batches).losses();
      return new Run(losses, trainer.parameters().values().toDoubles());
    }
  }

  private Batches batches(int size) {
    return new Batches(examples, size, Order.asListed());
  }
}
