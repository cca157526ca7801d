package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.method.Coordinated;
import org.peft4j.spec.AdapterMethods;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.testkit.kernel.Link.Transfer;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.decoder.TinyCheckpoint;
import org.peft4j.transformers.model.TokenBatch;

/**
 * A training with every method on memory that the host cannot read: in a step nothing goes there
 * but the rows, labels and positions of the batch, and nothing comes back but single numbers.
 */
class RemoteTrainingTest {

  private static final String PROPERTY = "peft4j.kernels";

  private static final int STEPS = 4;

  /** Wide enough for the rank that every method has by default. */
  private static final String CONFIG =
      """
      {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 24,
       "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2,
       "num_attention_heads": 4, "num_key_value_heads": 4, "max_position_embeddings": 40,
       "rms_norm_eps": 1e-5, "hidden_act": "silu"}
      """;

  @TempDir Path folder;

  @AfterEach
  void forget() {
    System.clearProperty(PROPERTY);
  }

  static Stream<String> methods() {
    return AdapterMethods.all().stream().map(AdapterConfig::method).sorted();
  }

  private record Course(List<Double> losses, Map<String, double[]> trained) {}

  @ParameterizedTest
  @MethodSource("methods")
  void trainsToTheSameBits(String method) throws IOException {
    Course plain = course(method, "plain", Runnable::run);
    List<List<Transfer>> parts = new ArrayList<>();
    Course remote = course(method, RemoteKernelSet.NAME, part -> parts.add(carried(part, parts)));

    assertThat(remote.losses()).isEqualTo(plain.losses());
    assertThat(remote.trained().keySet()).isEqualTo(plain.trained().keySet());
    remote
        .trained()
        .forEach((name, values) -> assertThat(values).containsExactly(plain.trained().get(name)));
    int ofStep = parts.size() / STEPS;
    List<List<Transfer>> last = parts.subList(parts.size() - ofStep, parts.size());
    assertThat(last).isEqualTo(parts.subList(parts.size() - 2 * ofStep, parts.size() - ofStep));
    assertThat(last.stream().flatMap(List::stream).filter(Transfer::isFetchedNumber))
        .as("the loss and the norm of the gradients")
        .hasSize(ofStep);
  }

  /** The first step places the constants. */
  private static List<Transfer> carried(Runnable part, List<List<Transfer>> before) {
    if (before.size() < 2) {
      part.run();
      return List.of();
    }
    return RemoteKernelSet.LINK.step(part);
  }

  /** How a part of a step is carried out. */
  private interface Carrier {
    void carry(Runnable part);
  }

  private Course course(String method, String kernels, Carrier carrier) throws IOException {
    System.setProperty(PROPERTY, kernels);
    Path directory = TinyCheckpoint.write(new LlamaFamily(), CONFIG, folder.resolve(kernels));
    DecoderForCausalLm llama =
        (DecoderForCausalLm) Checkpoint.load(directory, DataType.FLOAT64).causalLm();
    TokenBatch batch = TokenBatch.of(List.of(new int[] {1, 5, 9, 2, 7}, new int[] {3, 4, 8}));
    AdapterConfig config = AdapterMethods.find(method).orElseThrow();
    PeftModel<?> peft = adapted(llama, config);
    List<Double> losses = new ArrayList<>();
    try (Trainer<TokenBatch> trainer =
        new Trainer<>(
            peft,
            (t, texts) -> new Loss(llama.lossSum(t, texts), texts.targets()),
            new TrainingConfig(STEPS, 1e-2))) {
      for (int step = 0; step < STEPS; step++) {
        carrier.carry(() -> losses.add(trainer.computeGradients(batch)));
        if (config instanceof Coordinated) {
          // Ranks its layers on the host after each step.
          trainer.applyGradients();
        } else {
          carrier.carry(trainer::applyGradients);
        }
      }
      Map<String, double[]> trained = new LinkedHashMap<>();
      peft.trainable().forEach((name, tensor) -> trained.put(name, tensor.value().toDoubles()));
      return new Course(losses, trained);
    }
  }

  private static PeftModel<?> adapted(DecoderForCausalLm llama, AdapterConfig config) {
    return Peft.adapt(llama, new AdapterSpec(config, TargetModules.allLinear()));
  }
}
