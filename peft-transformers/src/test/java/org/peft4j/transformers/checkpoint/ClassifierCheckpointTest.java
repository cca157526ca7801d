package org.peft4j.transformers.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.ModuleTree;
import org.peft4j.onednn.OneDnnKernels;
import org.peft4j.spec.AdapterInfo;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.ClassBatch;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.PretrainedModel;
import org.peft4j.transformers.model.SequenceClassifier;
import org.peft4j.transformers.model.TokenBatch;

/** Classifiers and their adapters in Hugging Face's files. */
class ClassifierCheckpointTest {

  private static final TokenBatch TEXTS =
      TokenBatch.of(List.of(new int[] {3, 1, 4, 1, 5, 9, 2}, new int[] {6, 5, 3}));

  private static final AdapterSpec SPEC =
      new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear());

  @TempDir Path directory;

  @Test
  void anOutputLayerDrawnForALanguageModelIsWrittenAndReadBackBitForBit() throws IOException {
    LoadedModel fresh = fresh(Labels.of("bad", "good", "so so"), 3);

    Checkpoint.save(fresh.model(), fresh, directory.resolve("saved"));
    LoadedModel again = Checkpoint.load(directory.resolve("saved"), DataType.FLOAT32);

    assertThat(logits(again)).containsExactly(logits(fresh));
    assertThat(again.classifier().labels()).isEqualTo(Labels.of("bad", "good", "so so"));
    JsonNode config = Golden.json(directory.resolve("saved/config.json"));
    assertThat(config.get("architectures")).isEqualTo(json("[\"LlamaForSequenceClassification\"]"));
    assertThat(config.get("num_labels").intValue()).isEqualTo(3);
    assertThat(config.get("id2label"))
        .isEqualTo(json("{\"0\": \"bad\", \"1\": \"good\", \"2\": \"so so\"}"));
    assertThat(config.get("label2id")).isEqualTo(json("{\"bad\":0,\"good\":1,\"so so\":2}"));
    assertThat(config.get("problem_type").textValue()).isEqualTo("single_label_classification");
    assertThat(config.get("something_unknown")).isEqualTo(json("[1, 2]"));
    assertThat(names(directory.resolve("saved/model.safetensors")))
        .contains("score.weight")
        .doesNotContain("lm_head.weight");
  }

  @Test
  void theArchitectureIsNamedAfterTheModelType() throws IOException {
    TinyLlama mistral = new TinyLlama().configured(c -> c.put("model_type", "mistral"));
    LoadedModel fresh =
        Checkpoint.loadClassifier(
            mistral.writeTo(directory.resolve("model")), DataType.FLOAT32, Labels.of(2), 0);

    Checkpoint.save(fresh.model(), fresh, directory.resolve("saved"));

    assertThat(Golden.json(directory.resolve("saved/config.json")).get("architectures"))
        .isEqualTo(json("[\"MistralForSequenceClassification\"]"));
  }

  @Test
  void theNewOutputLayerIsDrawnFromASeedWithTheDeviationOfTheConfig() throws IOException {
    double[] one = head(fresh(Labels.of(200), 1));
    double[] other = head(fresh(Labels.of(200), 2));
    TinyLlama wide = new TinyLlama().configured(c -> c.put("initializer_range", 0.5));
    double[] wider =
        head(
            Checkpoint.loadClassifier(
                wide.writeTo(directory.resolve("model")), DataType.FLOAT32, Labels.of(200), 1));

    assertThat(head(fresh(Labels.of(200), 1))).containsExactly(one);
    assertThat(other).isNotEqualTo(one);
    assertThat(deviation(one)).isCloseTo(0.02, within(0.001));
    assertThat(deviation(wider)).isCloseTo(0.5, within(0.025));
  }

  @Test
  void aClassifierKeepsItsOutputLayerWhateverTheSeed() throws IOException {
    Path path = classifier().writeTo(directory.resolve("model"));
    LoadedModel stored = Checkpoint.load(path, DataType.FLOAT32);

    LoadedModel renamed =
        Checkpoint.loadClassifier(path, DataType.FLOAT32, Labels.of("no", "yes"), 5);

    assertThat(logits(renamed)).containsExactly(logits(stored));
    assertThat(stored.classifier().labels()).isEqualTo(Labels.of("NEG", "POS"));
    assertThat(renamed.classifier().labels()).isEqualTo(Labels.of("no", "yes"));
    assertThatThrownBy(() -> Checkpoint.loadClassifier(path, DataType.FLOAT32, Labels.of(3), 5))
        .hasMessage(path + ": tensor score.weight must have shape [3, 12] but has [2, 12]");
  }

  @Test
  void aClassifierWithoutItsOutputLayerIsNotLoaded() throws IOException {
    Path path = TinyLlama.classifying("NEG", "POS").writeTo(directory.resolve("model"));

    assertThatThrownBy(() -> Checkpoint.load(path, DataType.FLOAT32))
        .hasMessage(path + ": tensor score.weight [2, 12] is missing");
  }

  @Test
  void whatTheConfigSaysOfLabelsIsChecked() {
    assertThatThrownBy(() -> loadConfigured(c -> c.put("problem_type", "regression")))
        .hasMessageEndingWith(
            "problem_type must be single_label_classification but was regression");
    assertThatThrownBy(() -> loadConfigured(c -> c.putObject("id2label").put("1", "a")))
        .hasMessageContaining("id2label must number its labels 0, 1, 2 ... but was {\"1\":\"a\"}");
    assertThatThrownBy(
            () -> loadConfigured(c -> c.putObject("id2label").put("0", "a").put("1", "a")))
        .hasMessageEndingWith("id2label must give labels different names but was [a, a]");
    assertThatThrownBy(
            () -> {
              loadConfigured(
                  c -> {
                    c.remove("id2label");
                    c.put("num_labels", 1);
                  });
            })
        .hasMessageEndingWith("num_labels must be at least 2 but was 1");
  }

  @Test
  void aModelOfAnotherKindSaysHowItBecomesOne() throws IOException {
    Path path = new TinyLlama().writeTo(directory.resolve("model"));
    LoadedModel language = Checkpoint.load(path, DataType.FLOAT32);

    assertThatThrownBy(language::classifier)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the model in %s predicts text (CAUSAL_LM) and has no labels; take generate, eval, merge or finetune (LanguageModel), or train a classifier by classify"
                .formatted(path));
    assertThatThrownBy(fresh(Labels.of(2), 0)::causalLm)
        .hasMessage(
            "the model in %s tells texts apart (SEQ_CLS) and writes none; take predict, eval, merge or classify (TextClassifier)"
                .formatted(path));
  }

  @Test
  void anAdapterHasTheKeysThatPeftGivesIt() throws IOException {
    LoadedModel fresh = fresh(Labels.of(2), 3);
    PeftModel<?> adapted = fresh.classifier().adapt(SPEC);

    adapted.save(directory.resolve("adapter"));

    assertThat(names(directory.resolve("adapter/adapter_model.safetensors")))
        .hasSize(2 * 7 * 2 + 1)
        .contains("base_model.model.score.weight")
        .contains("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight")
        .noneMatch(name -> name.contains("score.lora"));
    JsonNode config = Golden.json(directory.resolve("adapter/adapter_config.json"));
    assertThat(config.get("task_type").textValue()).isEqualTo("SEQ_CLS");
    assertThat(config.get("modules_to_save")).isEqualTo(json("[\"score\"]"));
    assertThat(config.get("target_modules").toString()).doesNotContain("score");
  }

  @Test
  void aTrainedAdapterIsReadBackBitForBitOnABaseWithAnotherOutputLayer() throws IOException {
    LoadedModel fresh = fresh(Labels.of(2), 3);
    PeftModel<?> adapted = fresh.classifier().adapt(SPEC);
    train(adapted, fresh.classifier());
    adapted.save(directory.resolve("adapter"));

    LoadedModel other = fresh(Labels.of(2), 99);
    PeftModel<?> again = load(other.classifier(), directory.resolve("adapter"));

    assertThat(logits(again.inference(), other))
        .containsExactly(logits(adapted.inference(), fresh));
  }

  /** PEFT names both modules in every file of such a task; a Llama has only one of them. */
  @Test
  void readsWhatPeftWritesForATask() throws IOException {
    LoadedModel fresh = fresh(Labels.of(2), 3);
    PeftModel<?> adapted = fresh.classifier().adapt(SPEC);
    train(adapted, fresh.classifier());
    Path folder = directory.resolve("adapter");
    adapted.save(folder);

    for (String names :
        List.of("[\"classifier\", \"score\"]", "[\"score\", \"classifier\", \"score\"]", "null")) {
      rewrite(folder, config -> config.set("modules_to_save", json(names)));
      LoadedModel other = fresh(Labels.of(2), 99);
      PeftModel<?> again = load(other.classifier(), folder);

      assertThat(logits(again.inference(), other))
          .as(names)
          .containsExactly(logits(adapted.inference(), fresh));
    }
  }

  @Test
  void aNameThatIsNoModuleIsToldWhereTheTaskDoesNotExplainIt() throws IOException {
    PeftModel<?> adapted = fresh(Labels.of(2), 3).classifier().adapt(SPEC);
    Path folder = directory.resolve("adapter");
    adapted.save(folder);
    SequenceClassifier<?> other = fresh(Labels.of(2), 3).classifier();

    rewrite(folder, config -> config.set("modules_to_save", json("[\"score\", \"pooler\"]")));
    assertThat(load(other, folder).report().notes())
        .containsExactly("modules_to_save pooler matches no module");
    rewrite(
        folder,
        config -> {
          config.set("modules_to_save", json("[\"classifier\", \"score\"]"));
          config.put("task_type", "CAUSAL_LM");
        });
    assertThat(load(fresh(Labels.of(2), 3).classifier(), folder).report().notes())
        .containsExactly("modules_to_save classifier matches no module");
  }

  @Test
  void aSpecMayDecideOtherwise() throws IOException {
    AdapterInfo other =
        new AdapterInfo(
            Optional.empty(), Optional.empty(), Optional.of("FEATURE_EXTRACTION"), Map.of());
    PeftModel<?> features = fresh(Labels.of(2), 3).classifier().adapt(SPEC.describedBy(other));
    PeftModel<?> onHead =
        fresh(Labels.of(2), 3)
            .classifier()
            .adapt(SPEC.targeting(TargetModules.names("q_proj", "score")));
    PeftModel<?> already = fresh(Labels.of(2), 3).classifier().adapt(SPEC.saving("score", "norm"));

    assertThat(features.trainable()).doesNotContainKey("score.weight");
    assertThat(features.spec("default").info()).isEqualTo(other);
    assertThat(onHead.trainable().keySet())
        .contains("score.lora_A.weight")
        .doesNotContain("score.weight");
    assertThat(onHead.spec("default").info().taskType()).contains("SEQ_CLS");
    assertThat(already.spec("default").modulesToSave()).containsExactly("score", "norm");
  }

  @Test
  void theBaseHasItsOwnOutputLayerWhileTheAdapterIsDisabled() throws IOException {
    LoadedModel fresh = fresh(Labels.of(2), 3);
    double[] before = logits(fresh);
    PeftModel<?> adapted = fresh.classifier().adapt(SPEC);
    train(adapted, fresh.classifier());

    assertThat(logits(adapted.inference(), fresh)).isNotEqualTo(before);
    adapted.disable();
    assertThat(logits(adapted.inference(), fresh)).containsExactly(before);
  }

  @Test
  void aMergedClassifierComputesWhatTheAdaptedOneDoes() throws IOException {
    LoadedModel fresh = fresh(Labels.of("bad", "good"), 3);
    PeftModel<? extends PretrainedModel<?>> adapted = fresh.classifier().adapt(SPEC);
    train(adapted, fresh.classifier());

    Checkpoint.save(adapted.merge(), fresh, directory.resolve("merged"));
    LoadedModel merged = Checkpoint.load(directory.resolve("merged"), DataType.FLOAT32);

    assertThat(logits(merged)).containsExactly(logits(adapted.inference(), fresh), within(1e-5));
    assertThat(merged.classifier().labels()).isEqualTo(Labels.of("bad", "good"));
  }

  private static void train(PeftModel<?> adapted, SequenceClassifier<?> model) {
    ClassBatch batch = new ClassBatch(TEXTS, new int[] {1, 0});
    try (Trainer<ClassBatch> trainer =
        new Trainer<>(adapted, model.objective(), new TrainingConfig(3, 0.05))) {
      trainer.fit(Collections.nCopies(3, batch).iterator());
    }
  }

  private static <M extends SequenceClassifier<M>> PeftModel<M> load(
      SequenceClassifier<M> model, Path folder) throws IOException {
    return Peft.load(model.self(), folder);
  }

  private LoadedModel fresh(Labels labels, long seed) throws IOException {
    return Checkpoint.loadClassifier(
        new TinyLlama().writeTo(directory.resolve("model")), DataType.FLOAT32, labels, seed);
  }

  private static TinyLlama classifier() throws IOException {
    return TinyLlama.classifying("NEG", "POS").add("score.weight", 2, 12);
  }

  private void loadConfigured(Consumer<ObjectNode> change) throws IOException {
    Checkpoint.load(
        classifier().configured(change).writeTo(directory.resolve("model")), DataType.FLOAT32);
  }

  private static double[] head(LoadedModel model) {
    return ModuleTree.parameters(model.model())
        .get("score.weight")
        .pretrained()
        .value()
        .toDoubles();
  }

  private static double deviation(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(v -> v * v).average().orElseThrow());
  }

  private static double[] logits(LoadedModel loaded) {
    return logits(Tape.inference(new OneDnnKernels()), loaded);
  }

  private static double[] logits(Tape own, LoadedModel loaded) {
    try (Tape t = own) {
      return loaded.classifier().logits(t, TEXTS).value().toDoubles();
    }
  }

  private static Set<String> names(Path file) throws IOException {
    try (Safetensors tensors = Safetensors.open(file)) {
      return Set.copyOf(tensors.names());
    }
  }

  private static void rewrite(Path folder, Consumer<ObjectNode> change) throws IOException {
    Path file = folder.resolve("adapter_config.json");
    ObjectNode config = (ObjectNode) Golden.json(file);
    change.accept(config);
    Files.writeString(file, config.toPrettyString());
  }

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
