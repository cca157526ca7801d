package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.StartListener;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.calibrate.Statistics;
import org.peft4j.init.CordaStart;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.testkit.Shared;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.model.TokenBatch;

/** Adapters of a real model start where Hugging Face PEFT starts them from the same texts. */
class CordaLlamaTest {

  private static final int TEXTS = 64;

  private static final AdapterSpec SPEC =
      new AdapterSpec(new LoraConfig(8, 16), TargetModules.allLinear())
          .startedBy(new CordaStart().normalizedBy(CordaStart.Normalizer.PEFT));

  @Test
  void cordaStartsWherePeftStartsItAndLearnsWhatItLearns() throws IOException {
    PeftModel<DecoderForCausalLm> adapted = calibratedOnBatchesOf(1);
    assertStartsWherePeftDoes(adapted);

    double[] expected =
        Arrays.copyOf(numbers(json("corda_ipm/curve.json").get("train_losses")), 20);
    assertThat(losses(adapted, expected.length)).containsExactly(expected, within(1e-4));
  }

  @Test
  void cordaStartsThereFromPaddedBatchesToo() throws IOException {
    assertStartsWherePeftDoes(calibratedOnBatchesOf(16));
  }

  @Test
  void layersThatShareTheirInputShareWhatIsKnownAboutIt() throws IOException {
    DecoderForCausalLm model = llama();
    Statistics seen =
        Peft.host(model).gather(model.calibration(texts(16)), StartListener.NONE, SPEC);

    String first = "model.layers.0.";
    Map<String, Buffer> query = seen.of(first + "self_attn.q_proj").values().iterator().next();
    assertThat(seen.of(first + "self_attn.k_proj")).containsValue(query);
    assertThat(seen.of(first + "self_attn.v_proj").values().iterator().next()).isSameAs(query);
    assertThat(seen.of(first + "self_attn.o_proj").values().iterator().next()).isNotSameAs(query);
  }

  private static PeftModel<DecoderForCausalLm> calibratedOnBatchesOf(int texts) throws IOException {
    DecoderForCausalLm model = llama();
    return Peft.adapt(model, Preparation.on(model.calibration(texts(texts))), SPEC);
  }

  /** The tolerance is for PEFT's decomposition in float32. */
  private static void assertStartsWherePeftDoes(PeftModel<?> adapted) throws IOException {
    Path file = Shared.require("golden/curves/corda_ipm/adapter_init.safetensors");
    try (Safetensors theirs = Safetensors.open(file)) {
      assertThat(theirs.names()).hasSize(adapted.trainable().size());
      for (String layer : adapted.report().layers()) {
        Matrix a = ours(adapted, layer + ".lora_A.weight");
        Matrix b = ours(adapted, layer + ".lora_B.weight");
        Matrix theirA = theirs(theirs, layer + ".lora_A.weight");
        Matrix theirB = theirs(theirs, layer + ".lora_B.weight");
        assertClose(layer, b.times(a), theirB.times(theirA));
        assertClose(layer, a.transposeTimes(a), theirA.transposeTimes(theirA));
        assertClose(layer, b.timesTranspose(b), theirB.timesTranspose(theirB));
      }
    }
  }

  private static double[] losses(PeftModel<DecoderForCausalLm> adapted, int steps)
      throws IOException {
    TrainingConfig config =
        new TrainingConfig(steps, LearningRate.constant(1e-3), new AdamWSettings(), 1, 0, 0);
    try (Trainer<TokenBatch> trainer =
        new Trainer<>(adapted, adapted.model().objective(), config)) {
      return trainer.fit(batches(steps).iterator()).losses();
    }
  }

  private static Matrix ours(PeftModel<?> model, String name) {
    return Matrix.of(model.trainable().get(name).value());
  }

  private static Matrix theirs(Safetensors file, String name) throws IOException {
    return Matrix.of(file.read("base_model.model." + name, DataType.FLOAT32));
  }

  private static void assertClose(String layer, Matrix actual, Matrix expected) {
    assertThat(actual.minus(expected).norm() / expected.norm()).as(layer).isLessThan(1e-4);
  }

  private static DecoderForCausalLm llama() throws IOException {
    return (DecoderForCausalLm)
        Checkpoint.load(Shared.require("data/stories260K-hf"), DataType.FLOAT32).causalLm();
  }

  /** The first texts, in order. */
  private static List<TokenBatch> texts(int perBatch) throws IOException {
    return IntStream.range(0, TEXTS / perBatch)
        .mapToObj(batch -> IntStream.range(batch * perBatch, (batch + 1) * perBatch))
        .map(batch(json("batches.json").get("train_token_ids")))
        .toList();
  }

  /** Those that PEFT trained on. */
  private static List<TokenBatch> batches(int count) throws IOException {
    JsonNode json = json("batches.json");
    return IntStream.range(0, count)
        .mapToObj(step -> Arrays.stream(ids(json.get("batches").get(step))))
        .map(batch(json.get("train_token_ids")))
        .toList();
  }

  private static Function<IntStream, TokenBatch> batch(JsonNode texts) {
    return numbers ->
        TokenBatch.of(numbers.mapToObj(number -> ids(texts.get(number))).toList()).roundedUp();
  }

  private static JsonNode json(String name) throws IOException {
    return new ObjectMapper().readTree(Shared.require("golden/curves/" + name).toFile());
  }

  private static int[] ids(JsonNode array) {
    return Arrays.stream(numbers(array)).mapToInt(number -> (int) number).toArray();
  }

  private static double[] numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }
}
