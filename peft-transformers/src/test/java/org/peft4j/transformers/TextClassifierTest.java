package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.convert.LoraExport;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.store.StoredAdapter;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.checkpoint.StoredLabels;
import org.peft4j.transformers.checkpoint.Task;
import org.peft4j.transformers.data.ClassBatches;
import org.peft4j.transformers.data.ClassExample;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.TokenBatch;

/** A classifier from its training to its use, through files. */
class TextClassifierTest {

  private static final List<int[]> TEXTS =
      List.of(
          new int[] {1, 7, 3, 9, 4, 12, 8},
          new int[] {1, 3},
          new int[] {1, 5, 6, 7, 8, 9, 10, 11},
          new int[] {1, 20, 21},
          new int[] {1, 2, 2, 2, 2});

  private static final int[] LABELS = {2, 0, 1, 0, 2};

  @TempDir Path directory;
  private Path base;
  private Path adapter;

  @BeforeEach
  void train() throws IOException {
    base = new TinyLlama().writeTo(directory.resolve("base"));
    adapter = directory.resolve("adapter");
    try (TextClassifier classifier = TextClassifier.load(base, "so so", "bad", "good")) {
      classifier.adapt(new LoraConfig(2, 4));
      classifier.train(batches(), new TrainingConfig(12, 0.02));
      classifier.save(adapter);
    }
  }

  private static ClassBatches batches() {
    List<ClassExample> examples = new ArrayList<>();
    for (int i = 0; i < LABELS.length; i++) {
      examples.add(new ClassExample(TEXTS.get(i), LABELS[i]));
    }
    return new ClassBatches(examples, 2, Order.asListed());
  }

  @Test
  void itsLabelsLieBesideTheAdapterAndNothingUnknownInIt() throws IOException {
    JsonNode labels = Golden.json(adapter.resolve("labels.json"));
    assertThat(labels.get("id2label").get("2").textValue()).isEqualTo("good");
    assertThat(labels.get("label2id").get("bad").intValue()).isEqualTo(1);
    assertThat(labels.get("num_labels").intValue()).isEqualTo(3);
    JsonNode config = Golden.json(adapter.resolve("adapter_config.json"));
    assertThat(config.has("id2label")).isFalse();
    assertThat(config.get("task_type").textValue()).isEqualTo("SEQ_CLS");

    try (TextClassifier classifier = TextClassifier.load(base, adapter)) {
      assertThat(classifier.labels()).isEqualTo(Labels.of("so so", "bad", "good"));
      classifier.peft().saveAsLora("default", directory.resolve("lora"), new LoraExport());
    }
    assertThat(directory.resolve("lora/labels.json"))
        .hasSameTextualContentAs(adapter.resolve("labels.json"));
  }

  @Test
  void textsKeepTheirOrderWhateverTheBatches() throws IOException {
    try (TextClassifier classifier = TextClassifier.load(base, adapter)) {
      double[][] alone = new double[TEXTS.size()][];
      for (int i = 0; i < alone.length; i++) {
        alone[i] = classifier.predictTokens(List.of(TEXTS.get(i)), 1).get(0).scores();
      }
      for (int batchSize : new int[] {1, 2, 3, 8}) {
        List<Prediction> together = classifier.predictTokens(TEXTS, batchSize);
        for (int i = 0; i < alone.length; i++) {
          assertThat(together.get(i).scores()).containsExactly(alone[i], within(1e-6));
        }
      }
      assertThatThrownBy(() -> classifier.predictTokens(TEXTS, 0))
          .hasMessage("batchSize must be at least 1 but was 0");
    }
  }

  @Test
  void evaluatingCountsWhatPredictingSays() throws IOException {
    try (TextClassifier classifier = TextClassifier.load(base, adapter)) {
      List<Prediction> predictions = classifier.predictTokens(TEXTS, 8);
      int[][] confusion = new int[3][3];
      double loss = 0;
      for (int i = 0; i < LABELS.length; i++) {
        Prediction prediction = predictions.get(i);
        confusion[LABELS[i]][prediction.number()]++;
        String label = classifier.labels().name(LABELS[i]);
        loss -= Math.log(prediction.probabilities().get(label)) / LABELS.length;
      }

      ClassEvaluation evaluation = classifier.evaluate(() -> batches().epochs(1));

      assertThat(evaluation.confusion()).isDeepEqualTo(confusion);
      assertThat(evaluation.loss()).isCloseTo(loss, within(1e-6));
      assertThat(evaluation.accuracy()).as("it has learned").isGreaterThan(0.5);
      assertThatThrownBy(() -> classifier.evaluate(List.of()))
          .hasMessage("there are no texts to evaluate on");
    }
  }

  @Test
  void theMergedModelNeedsNoAdapterAndSaysTheSame() throws IOException {
    Path merged = directory.resolve("merged");
    List<Prediction> before;
    try (TextClassifier classifier = TextClassifier.load(base, adapter)) {
      before = classifier.predictTokens(TEXTS, 8);
      classifier.merge(merged);
      assertThat(classifier.predictTokens(TEXTS, 8).get(0).scores())
          .as("works on")
          .containsExactly(before.get(0).scores());
    }

    assertThat(Task.of(merged)).isEqualTo(Task.CLASSIFICATION);
    assertThat(Golden.json(merged.resolve("config.json")).fieldNames())
        .toIterable()
        .as("new entries in the same order in every run")
        .endsWith("id2label", "label2id", "num_labels", "problem_type");
    try (TextClassifier classifier = TextClassifier.load(merged)) {
      List<Prediction> after = classifier.predictTokens(TEXTS, 8);
      for (int i = 0; i < before.size(); i++) {
        assertThat(after.get(i).label()).isEqualTo(before.get(i).label());
        assertThat(after.get(i).scores()).containsExactly(before.get(i).scores(), within(1e-5));
      }
    }
  }

  @Test
  void aClassifierLearnsOnWithItsOutputLayer() throws IOException {
    try (TextClassifier classifier = TextClassifier.load(base, adapter)) {
      double before = classifier.evaluate(() -> batches().epochs(1)).loss();
      classifier.train(batches(), new TrainingConfig(12, 0.02));
      assertThat(classifier.evaluate(() -> batches().epochs(1)).loss()).isLessThan(before);
      classifier.save(directory.resolve("again"));
    }
    assertThat(labels(directory.resolve("again"))).isEqualTo(Labels.of("so so", "bad", "good"));
  }

  /** As PEFT writes adapters, whose files have no place for names. */
  @Test
  void labelsWithoutNamesHaveThoseOfTheModelOrNumbers() throws IOException {
    Files.delete(adapter.resolve("labels.json"));
    assertThat(labels(adapter)).isEqualTo(Labels.of("LABEL_0", "LABEL_1", "LABEL_2"));

    change(
        base.resolve("config.json"),
        config -> config.putObject("id2label").put("0", "x").put("1", "y").put("2", "z"));
    assertThat(labels(adapter)).isEqualTo(Labels.of("x", "y", "z"));

    Files.writeString(
        adapter.resolve("config.json"),
        "{\"id2label\": {\"0\": \"p\", \"1\": \"q\", \"2\": \"r\"}}");
    assertThat(labels(adapter)).isEqualTo(Labels.of("p", "q", "r"));
  }

  @Test
  void everyLabelHasAName() throws IOException {
    assertThatThrownBy(() -> Labels.of("a", " ", "b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no label may be blank but got [a,  , b]");

    change(
        adapter.resolve("labels.json"),
        labels -> ((ObjectNode) labels.get("id2label")).put("1", ""));
    assertThatThrownBy(() -> TextClassifier.load(base, adapter))
        .isInstanceOf(AdapterFormatException.class)
        .hasMessageEndingWith("id2label must give every label a name but was [so so, , good]");
  }

  @Test
  void asManyLabelsAreNamedAsThereAre() throws IOException {
    change(
        adapter.resolve("labels.json"),
        labels -> ((ObjectNode) labels.get("id2label")).remove("2"));

    assertThatThrownBy(() -> TextClassifier.load(base, adapter))
        .isInstanceOf(AdapterFormatException.class)
        .hasMessage(
            adapter
                + ": names 2 labels, but the adapter's output layer has 3 rows; put the file of its"
                + " labels back");
  }

  @Test
  void labelsAreNotTakenForThoseOfAnotherAdapterWhileOneIsSaved() throws IOException {
    Path config = adapter.resolve("adapter_config.json");
    Files.delete(config);
    Files.createDirectory(config);
    Files.createFile(config.resolve("in the way"));
    try (TextClassifier other = TextClassifier.load(base, "good", "bad", "so so")) {
      other.adapt(new LoraConfig(2, 4));
      assertThatThrownBy(() -> other.save(adapter)).isInstanceOf(IOException.class);
    }

    assertThat(adapter.resolve("labels.json")).doesNotExist();
  }

  private Labels labels(Path folder) throws IOException {
    try (StoredAdapter stored = StoredAdapter.open(folder, "default")) {
      return StoredLabels.ofAdapter(stored, base);
    }
  }

  private Task task(Path folder) throws IOException {
    try (StoredAdapter stored = StoredAdapter.open(folder, "default")) {
      return Task.of(base, stored);
    }
  }

  private void requireClassifier(Path folder) throws IOException {
    try (StoredAdapter stored = StoredAdapter.open(folder, "default")) {
      Task.CLASSIFICATION.require(base, stored);
    }
  }

  @Test
  void filesTellTheTask() throws IOException {
    assertThat(Task.of(base)).isEqualTo(Task.LANGUAGE);
    assertThat(task(adapter)).isEqualTo(Task.CLASSIFICATION);
    change(adapter.resolve("adapter_config.json"), config -> config.putNull("task_type"));
    assertThat(task(adapter)).as("by its output layer").isEqualTo(Task.CLASSIFICATION);

    Path language = directory.resolve("language");
    try (LanguageModel model = LanguageModel.load(base)) {
      model.adapt(new LoraConfig(2, 4));
      model.save(language);
    }
    assertThat(task(language)).isEqualTo(Task.LANGUAGE);
    change(language.resolve("adapter_config.json"), config -> config.putNull("task_type"));
    assertThat(task(language)).as("by the model").isEqualTo(Task.LANGUAGE);
  }

  @Test
  void anAdapterForTheOtherTaskIsRefusedWithWhatToDo() throws IOException {
    Path language = directory.resolve("language");
    try (LanguageModel model = LanguageModel.load(base)) {
      assertThatThrownBy(() -> model.adapt(adapter))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the adapter in "
                  + adapter
                  + " tells texts apart (SEQ_CLS) and writes none; take predict, eval, merge or"
                  + " classify (TextClassifier)");
      model.adapt(new LoraConfig(2, 4));
      model.save(language);
    }
    assertThat(language.resolve("labels.json")).doesNotExist();
    try (TextClassifier classifier = TextClassifier.load(base, "a", "b")) {
      assertThatThrownBy(() -> classifier.adapt(language))
          .hasMessage(
              "the adapter in "
                  + language
                  + " predicts text (CAUSAL_LM) and has no labels; take generate, eval, merge or"
                  + " finetune (LanguageModel), or train a classifier by classify");
    }
    assertThatThrownBy(() -> TextClassifier.load(base, language))
        .hasMessage(language + ": has no output layer (score) that tells texts apart");
  }

  /** Whoever names an adapter means what it is for. */
  @Test
  void theThingThatSaysItsTaskIsNamed() throws IOException {
    Path language = directory.resolve("language");
    try (LanguageModel model = LanguageModel.load(base)) {
      model.adapt(new LoraConfig(2, 4));
      model.save(language);
    }
    assertThatThrownBy(() -> requireClassifier(language))
        .hasMessageStartingWith("the adapter in " + language + " predicts text (CAUSAL_LM)");

    change(language.resolve("adapter_config.json"), config -> config.putNull("task_type"));
    assertThatThrownBy(() -> requireClassifier(language))
        .hasMessageStartingWith("the model in " + base + " predicts text (CAUSAL_LM)");
  }

  @Test
  void aTextIsToldByItsLastTokenThatIsNoPadding() throws IOException {
    Map<String, List<Prediction>> bySetting = new HashMap<>();
    for (int padding : new int[] {-1, 2}) {
      change(base.resolve("config.json"), config -> config.put("pad_token_id", padding));
      try (TextClassifier classifier = TextClassifier.load(base, adapter)) {
        bySetting.put(
            "padding " + padding,
            classifier.predictTokens(List.of(new int[] {1, 5, 2, 2}, new int[] {1, 5}), 2));
      }
    }

    List<Prediction> plain = bySetting.get("padding -1");
    assertThat(plain.get(0).scores()).isNotEqualTo(plain.get(1).scores());
    List<Prediction> padded = bySetting.get("padding 2");
    assertThat(padded.get(0).scores()).containsExactly(padded.get(1).scores(), within(1e-6));
  }

  @Test
  void onlyPaddingIsToldByItsFirstToken() {
    TokenBatch batch = TokenBatch.of(List.of(new int[] {2, 2}, new int[] {1, 3, 2}, new int[] {4}));

    assertThat(batch.lastRows(OptionalInt.of(2))).containsExactly(0, 4, 6);
    assertThat(batch.lastRows(OptionalInt.empty())).containsExactly(1, 5, 6);
  }

  private static void change(Path file, Consumer<ObjectNode> change) throws IOException {
    ObjectNode content = (ObjectNode) Golden.json(file);
    change.accept(content);
    Files.writeString(file, content.toString());
  }
}
