package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.StateDict;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.EmbeddingModel;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.NativeGarbage;
import org.peft4j.testkit.SomeTensors;
import org.peft4j.testkit.TinyDecoder;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;

/** Merging builds a plain model that computes the same and leaves everything else as it was. */
class MergeTest {

  private static final int[] IDS = {3, 1, 4, 1, 5, 9, 2, 6};
  private static final int[] LABELS = {1, 4, 1, 5, 9, 2, 6, 5};
  private static final Offset<Double> CLOSE = Offset.offset(2e-5);

  @Test
  void trainingAndMergingLeaveTheBaseBitForBit() {
    PeftModel<TinyDecoder> model = decoder("embed_tokens", "q_proj", "down_proj", "lm_head");
    Map<String, byte[]> before = memory(model.model());

    train(model, model.trainable());
    model.merge();
    model.disable();
    model.merge();

    memory(model.model())
        .forEach((path, bytes) -> assertThat(bytes).as(path).isEqualTo(before.get(path)));
  }

  @Test
  void computesTheSameAfterTraining() {
    PeftModel<TinyDecoder> model = decoder("embed_tokens", "q_proj", "down_proj", "lm_head");
    train(model, model.trainable());

    assertClose(logits(model, model.merge()), logits(model, model.model()));
  }

  @Test
  void anAdapterOnOneOfTwoTiedLayersUntiesThem() {
    for (String layer : new String[] {"embed_tokens", "lm_head"}) {
      PeftModel<TinyDecoder> model = decoder(layer);
      train(model, model.trainable());

      TinyDecoder merged = model.merge();

      assertThat(ModuleTree.parameters(merged)).containsKey("lm_head.weight");
      assertClose(logits(model, merged), logits(model, model.model()));
    }
  }

  @Test
  void tiedLayersStayTiedWhereNeitherIsAdapted() {
    PeftModel<TinyDecoder> model = decoder("q_proj");
    train(model, model.trainable());

    TinyDecoder merged = model.merge();

    assertThat(merged.head().weight().pretrained()).isSameAs(merged.tokens().weight().pretrained());
    assertClose(logits(model, merged), logits(model, model.model()));
  }

  @Test
  void tiedLayersOfWhichOneIsTrainedWholeAreUntied() {
    PeftModel<TinyDecoder> model =
        Peft.adapt(
            TinyDecoder.random(DataType.FLOAT32, 1),
            new AdapterSpec(new LoraConfig(2, 4), TargetModules.names("q_proj")).saving("lm_head"));
    train(model, model.trainable());

    TinyDecoder merged = model.merge();

    assertThat(ModuleTree.parameters(merged)).containsKey("lm_head.weight");
    assertClose(logits(model, merged), logits(model, model.model()));
  }

  @Test
  void fullFineTuningKeepsTies() {
    PeftModel<TinyDecoder> model = full();
    train(model, model.trainable());

    TinyDecoder merged = model.merge();

    assertThat(model.trainable()).doesNotContainKey("lm_head.weight");
    assertThat(ModuleTree.parameters(merged)).doesNotContainKey("lm_head.weight");
    assertThat(merged.head().weight().pretrained()).isSameAs(merged.tokens().weight().pretrained());
    assertClose(logits(model, merged), logits(model, model.model()));
  }

  @Test
  void trainingOnLeavesAModelThatWasMergedAsItIs() {
    PeftModel<TinyDecoder> model = full();
    train(model, model.trainable());
    TinyDecoder merged = model.merge();
    Map<String, byte[]> before = memory(merged);

    train(model, model.trainable());

    memory(merged).forEach((path, bytes) -> assertThat(bytes).as(path).isEqualTo(before.get(path)));
  }

  /** PEFT cannot merge this; here the merged layer gets a bias. */
  @Test
  void aTrainedBiasOfLoraGivesTheMergedLayerOne() {
    EmbeddingModel base = PeftModelTest.embeddingModel();
    PeftModel<EmbeddingModel> model =
        Peft.adapt(
            base,
            new AdapterSpec(
                new LoraConfig(2, 4, 0, false, true), TargetModules.names("emb", "lin")));
    Random random = new Random(2);
    model
        .trainable()
        .values()
        .forEach(
            tensor ->
                tensor.value().put(random.doubles(tensor.shape().length(), -0.3, 0.3).toArray()));

    EmbeddingModel merged = model.merge();

    assertThat(ModuleTree.parameters(base)).doesNotContainKey("lin.bias");
    assertThat(ModuleTree.parameters(merged)).containsKey("lin.bias");
    assertClose(output(model, merged), output(model, model.model()));
  }

  @Test
  void refusesNumbersThatAreNotFinite() {
    for (String path :
        new String[] {
          "lin.lora_B.weight", "lin.lora_B.bias", "emb.lora_embedding_A", "lin.weight"
        }) {
      boolean whole = path.equals("lin.weight");
      PeftModel<EmbeddingModel> model =
          Peft.adapt(
              PeftModelTest.embeddingModel(),
              whole
                  ? new AdapterSpec(new LoraConfig(2, 4), TargetModules.names("emb")).saving("lin")
                  : new AdapterSpec(
                      new LoraConfig(2, 4, 0, false, true), TargetModules.names("emb", "lin")));
      Map<String, byte[]> before = memory(model.model());
      Tensor tensor = model.trainable().get(path);
      double[] broken = tensor.value().toDoubles();
      broken[1] = Double.NaN;
      tensor.value().put(broken);

      assertThatIllegalStateException()
          .as(path)
          .isThrownBy(model::merge)
          .withMessageMatching(
              "the merged (lin|emb)\\.(weight|bias) has numbers that are not finite: the adapter is"
                  + " broken");
      model.disable();
      memory(model.model())
          .forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(before.get(name)));
    }
  }

  @Test
  void takesNoMoreMemoryThanTheMergedWeightsNeed() throws InterruptedException {
    PeftModel<Mlp> model =
        Peft.adapt(
            Mlp.random(DataType.FLOAT32, 1),
            new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear()));
    model.merge();
    NativeGarbage.free();
    long before = Pointer.totalBytes();

    Mlp merged = model.merge();

    long numbers =
        ModuleTree.parameters(merged).values().stream().mapToLong(p -> p.shape().length()).sum();
    long alignment = 64L * ModuleTree.parameters(merged).size();
    assertThat(Pointer.totalBytes() - before)
        .isLessThanOrEqualTo(numbers * Float.BYTES + alignment);
  }

  @Test
  void mergingWithoutAdaptersSharesTheWeights() {
    Mlp mlp = Mlp.random(DataType.FLOAT32, 1);
    Mlp merged = Peft.host(mlp).merge();

    assertThat(merged).isNotSameAs(mlp);
    assertThat(merged.lin0().weight().pretrained()).isSameAs(mlp.lin0().weight().pretrained());
  }

  @Test
  void aTiedModelMayBeGivenBothTensors() {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    ModuleTree.ownParameters(TinyDecoder.random(DataType.FLOAT32, 1))
        .forEach((path, parameter) -> weights.put(path, parameter.pretrained()));
    TinyDecoder both = TinyDecoder.of(new StateDict(weights));
    PeftModel<TinyDecoder> model =
        Peft.adapt(both, new AdapterSpec(new LoraConfig(2, 4), TargetModules.names("lm_head")));
    train(model, model.trainable());

    assertClose(logits(model, model.merge()), logits(model, model.model()));
  }

  private static PeftModel<TinyDecoder> decoder(String... targets) {
    return Peft.adapt(
        TinyDecoder.random(DataType.FLOAT32, 1),
        new AdapterSpec(new LoraConfig(2, 4), TargetModules.names(targets)));
  }

  private static PeftModel<TinyDecoder> full() {
    return Peft.adapt(
        TinyDecoder.random(DataType.FLOAT32, 1),
        new AdapterSpec(new FullConfig(), TargetModules.allLinear()));
  }

  private static void train(PeftModel<TinyDecoder> model, Map<String, Tensor> trainable) {
    try (Trainer<Integer> trainer =
        new Trainer<>(
            new SomeTensors(model, trainable),
            (t, any) -> new Loss(t.crossEntropySum(model.model().forward(t, IDS, 2), LABELS), 8),
            new TrainingConfig(5, 3e-2))) {
      trainer.fit(Stream.generate(() -> 1).iterator());
    }
  }

  private static double[] logits(PeftModel<?> model, TinyDecoder decoder) {
    try (Tape t = model.inference()) {
      return decoder.forward(t, IDS, 2).value().toDoubles();
    }
  }

  private static double[] output(PeftModel<?> model, EmbeddingModel of) {
    try (Tape t = model.inference()) {
      return of.forward(t, new int[] {3, 1, 4, 1, 5, 9, 2, 6, 5, 3}).value().toDoubles();
    }
  }

  private static void assertClose(double[] actual, double[] expected) {
    assertThat(actual).containsExactly(expected, CLOSE);
  }

  /** The bytes of all pretrained tensors, by path. */
  private static Map<String, byte[]> memory(org.peft4j.nn.Module root) {
    Map<String, byte[]> memory = new LinkedHashMap<>();
    ModuleTree.parameters(root)
        .forEach(
            (path, parameter) -> {
              float[] values = parameter.pretrained().value().toFloats();
              ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
              bytes.asFloatBuffer().put(values);
              memory.put(path, bytes.array());
            });
    return memory;
  }
}
