package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.AdaptedModel;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.model.TokenBatch;

/** Whatever sits on the output layer, its loss is that of all logits, and so are its gradients. */
class AdaptedHeadTest {

  private static final int NONE = TokenBatch.IGNORED;

  @TempDir Path directory;

  static Stream<AdapterConfig> methods() {
    return Stream.of(new LoraConfig(3, 6), new DoraConfig(3, 6), new FullConfig());
  }

  @ParameterizedTest
  @MethodSource("methods")
  void anAdaptedHeadLearnsTheSame(AdapterConfig config) throws IOException {
    PeftModel<DecoderForCausalLm> model = adapted(config, "lm_head", "down_proj");
    TokenBatch batch = batch();
    Function<Tape, Tensor> whole =
        t -> t.crossEntropySum(model.model().logits(t, batch), batch.shiftedLabels());

    assertSame(gradients(model, t -> model.model().lossSum(t, batch)), gradients(model, whole));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void anAdaptedHeadGivesTheSameProbabilities(AdapterConfig config) throws IOException {
    PeftModel<DecoderForCausalLm> model = adapted(config, "lm_head", "down_proj");
    TokenBatch batch = batch();
    Function<Tape, Tensor> whole =
        t ->
            t.sumGroups(
                t.logProbabilities(model.model().logits(t, batch), batch.shiftedLabels()),
                batch.sequenceOfRows(),
                3);

    assertSame(
        gradients(model, t -> squares(t, model.model().logProbabilities(t, batch))),
        gradients(model, t -> squares(t, whole.apply(t))));
  }

  @Test
  void aMixedBatchSendsTheRowsOfEachSequenceThroughItsOwnHead() throws IOException {
    PeftModel<DecoderForCausalLm> model = adapted(new LoraConfig(3, 6), "lm_head", "down_proj");
    TokenBatch batch = batch();
    double[] adapted = logProbabilities(model, batch);
    double[] base = logProbabilities(model.base(), batch);

    double[] mixed =
        logProbabilities(model.perRow(List.of(PeftModel.BASE, "default", PeftModel.BASE)), batch);

    assertThat(mixed).containsExactly(new double[] {base[0], adapted[1], base[2]}, within(1e-12));
    assertThat(adapted[1]).isNotCloseTo(base[1], within(1e-4));
  }

  private static Tensor squares(Tape t, Tensor each) {
    return t.sumGroups(t.mul(each, each), new int[each.shape().rows()], 1);
  }

  private static double[] logProbabilities(PeftModel<DecoderForCausalLm> model, TokenBatch batch) {
    return logProbabilities(model.current(), batch);
  }

  private static double[] logProbabilities(
      AdaptedModel<DecoderForCausalLm> model, TokenBatch batch) {
    try (Tape t = model.inference()) {
      return model.model().logProbabilities(t, batch).value().toDoubles();
    }
  }

  /** The loss is among them. */
  private static Map<String, double[]> gradients(
      PeftModel<DecoderForCausalLm> model, Function<Tape, Tensor> loss) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    try (Tape t = model.training()) {
      Tensor sum = loss.apply(t);
      gradients.put("loss", sum.value().toDoubles());
      t.backward(sum, 0.3);
    }
    model
        .trainable()
        .forEach(
            (path, tensor) -> {
              gradients.put(path, tensor.gradient().toDoubles());
              tensor.clearGradient();
            });
    return gradients;
  }

  private static void assertSame(Map<String, double[]> some, Map<String, double[]> others) {
    assertThat(some.keySet()).isEqualTo(others.keySet());
    some.forEach(
        (path, values) -> {
          double largest = Arrays.stream(values).map(Math::abs).max().orElseThrow();
          assertThat(largest).as(path).isPositive();
          assertThat(values)
              .as(path)
              .containsExactly(others.get(path), within(1e-11 * Math.max(1, largest)));
        });
  }

  private PeftModel<DecoderForCausalLm> adapted(AdapterConfig config, String... targets)
      throws IOException {
    DecoderForCausalLm llama =
        (DecoderForCausalLm)
            Checkpoint.load(new TinyLlama().writeTo(directory), DataType.FLOAT64).causalLm();
    PeftModel<DecoderForCausalLm> model =
        Peft.adapt(llama, new AdapterSpec(config, TargetModules.names(targets)));
    Random random = new Random(2);
    model
        .trainable()
        .values()
        .forEach(tensor -> tensor.value().put(moved(tensor.value().toDoubles(), random)));
    return model;
  }

  private static double[] moved(double[] values, Random random) {
    return Arrays.stream(values).map(value -> value + random.nextDouble(-0.1, 0.1)).toArray();
  }

  /** Three sequences, of which one has many labels, one few and one none but the last. */
  private static TokenBatch batch() {
    Random random = new Random(3);
    List<int[]> ids =
        Stream.of(90, 70, 40)
            .map(length -> random.ints(length, 0, TinyLlama.VOCABULARY).toArray())
            .toList();
    List<int[]> labels = ids.stream().map(int[]::clone).toList();
    Arrays.fill(labels.get(1), 0, 60, NONE);
    Arrays.fill(labels.get(2), 0, 39, NONE);
    return TokenBatch.of(ids, labels);
  }
}
