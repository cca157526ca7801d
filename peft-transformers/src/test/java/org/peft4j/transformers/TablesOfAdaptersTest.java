package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.TokenBatch;

/**
 * Tables that came with an adapter stand in for the base's: the same numbers as a base that has
 * those tables, with the adapter on it.
 */
class TablesOfAdaptersTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TABLE = "model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";
  private static final int[] IDS = {1, 5, 23, 7, 7, 2};

  @TempDir private Path place;
  private Path base;
  private Path adapter;

  @BeforeEach
  void save() throws IOException {
    base = new TinyLlama().writeTo(place.resolve("base"));
    adapter = place.resolve("adapter");
    try (LanguageModel model = LanguageModel.load(base)) {
      model.adapt(
          new AdapterSpec(new LoraConfig(2, 4), TargetModules.names("q_proj", "down_proj")));
      Random random = new Random(6);
      model
          .peft()
          .trainable()
          .values()
          .forEach(t -> t.value().put(numbers(random, t.shape().length())));
      model.save(adapter);
    }
  }

  @Test
  void tablesInTheFileStandInForTheBases() throws IOException {
    Buffer table = table(24, 1);
    Buffer head = table(24, 2);
    addToAdapter(Map.of(TABLE, table, HEAD, head));

    double[] expected = logits(with(table, head), adapter, IDS);
    assertSame(expected, logits(base, adapter, IDS));
    assertThat(expected).isNotEqualTo(logits(base, place.resolve("none"), IDS));
  }

  @Test
  void withoutTheAdapterTheModelIsTheBase() throws IOException {
    addToAdapter(Map.of(TABLE, table(26, 1), HEAD, table(26, 2)));
    double[] plain = logits(base, place.resolve("none"), IDS);
    try (LanguageModel model = LanguageModel.load(base)) {
      model.adapt(adapter);
      assertThat(model.vocabulary()).isEqualTo(26);

      model.peft().disable();

      assertThat(model.vocabulary()).isEqualTo(24);
      assertThat(logits(model, IDS)).isEqualTo(plain);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aVocabularyGrows(boolean toSave) throws IOException {
    Buffer table = table(26, 1);
    Buffer head = table(26, 2);
    addToAdapter(Map.of(TABLE, table, HEAD, head));
    if (toSave) {
      change("modules_to_save", "[\"embed_tokens\", \"lm_head\"]");
    }
    int[] ids = {1, 25, 24, 7};

    double[] expected = logits(with(table, head), adapter, ids);

    assertThat(expected).hasSize(4 * 26);
    assertSame(expected, logits(base, adapter, ids));
    try (LanguageModel model = LanguageModel.load(base)) {
      model.adapt(adapter);
      model.save(place.resolve("again"));
      model.merge(place.resolve("merged"));
    }
    assertSame(expected, logits(base, place.resolve("again"), ids));
    assertSame(expected, logits(place.resolve("merged"), place.resolve("none"), ids));
    assertThat(JSON.readTree(place.resolve("merged/config.json").toFile()).get("vocab_size"))
        .hasToString("26");
  }

  @Test
  void theAdaptersTokenizerComesWithMoreTokens() throws IOException {
    Files.writeString(base.resolve("tokenizer.json"), "{\"of\": \"base\"}");
    Files.writeString(adapter.resolve("tokenizer.json"), "{\"of\": \"adapter\"}");
    addToAdapter(Map.of(TABLE, table(26, 1), HEAD, table(26, 2)));
    try (LanguageModel model = LanguageModel.load(base)) {
      model.adapt(adapter);
      model.merge(place.resolve("merged"));
    }

    assertThat(place.resolve("merged/tokenizer.json")).hasContent("{\"of\": \"adapter\"}");
  }

  @Test
  void aVocabularyThatGrewInOneTableOnlyIsRefused() throws IOException {
    addToAdapter(Map.of(TABLE, table(26, 1)));

    assertThatThrownBy(() -> logits(base, adapter, IDS))
        .hasMessageContaining(
            "the vocabulary grew in some tables only, {model.embed_tokens.weight=26,"
                + " lm_head.weight=24} rows; save the adapter with all of them");
  }

  @Test
  void aVocabularyDoesNotShrink() throws IOException {
    addToAdapter(Map.of(TABLE, table(20, 1), HEAD, table(20, 2)));

    assertThatThrownBy(() -> logits(base, adapter, IDS))
        .hasMessageContaining(
            "tensor model.embed_tokens.weight should be [24, 12] but is [20, 12]; a vocabulary may"
                + " only grow, so give the base that it was trained on");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsTrainedOfATiedTableCountsTwiceWhereTheConfigSaysSo(boolean both) throws IOException {
    tieBase();
    Buffer table = table(24, 1);
    addToAdapter(both ? Map.of(TABLE, table, HEAD, table) : Map.of(TABLE, table));
    change("modules_to_save", "[\"embed_tokens\"]");
    change("ensure_weight_tying", "true");

    double[] expected = logits(with(table, table), plainAdapter(), IDS);

    assertSame(expected, logits(base, adapter, IDS));
    try (LanguageModel model = LanguageModel.load(base)) {
      model.adapt(adapter);
      model.save(place.resolve("again"));
      model.merge(place.resolve("merged"));
    }
    assertSame(expected, logits(base, place.resolve("again"), IDS));
    assertSame(expected, logits(place.resolve("merged"), place.resolve("none"), IDS));
  }

  @Test
  void tiedTablesThatDifferAreRefused() throws IOException {
    tieBase();
    addToAdapter(Map.of(TABLE, table(24, 1), HEAD, table(24, 2)));
    change("modules_to_save", "[\"embed_tokens\"]");
    change("ensure_weight_tying", "true");

    assertThatThrownBy(() -> logits(base, adapter, IDS))
        .hasMessageContaining(
            "ensure_weight_tying is true, but lm_head.weight differs from the table that it should"
                + " be tied to");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[23, 5]", "{\"embed_tokens\": [23, 5]}"})
  void rowsOfSingleTokensStandInForTheBases(String setting) throws IOException {
    Buffer rows = table(2, 3);
    Path plain = plainAdapter();
    addToAdapter(Map.of("model.embed_tokens.token_adapter.trainable_tokens_delta", rows));
    change("trainable_token_indices", setting);
    Buffer table = stored(base).get(TABLE);
    table.rows(23, 24).put(rows.rows(0, 1).toDoubles());
    table.rows(5, 6).put(rows.rows(1, 2).toDoubles());

    double[] expected = logits(with(table, stored(base).get(HEAD)), plain, IDS);

    assertSame(expected, logits(base, adapter, IDS));
    try (LanguageModel model = LanguageModel.load(base)) {
      model.adapt(adapter);
      model.save(place.resolve("again"));
      assertThatThrownBy(() -> model.peft().begin(3))
          .hasMessage(
              "adapter default has trained the rows of single tokens (trainable_token_indices),"
                  + " which cannot be trained on here; use it or merge it as it is");
    }
    assertSame(expected, logits(base, place.resolve("again"), IDS));
  }

  @Test
  void readsWhatMlxWrites() throws IOException {
    double[] expected = logits(base, adapter, IDS);
    Path mlx = Files.createDirectories(place.resolve("mlx"));
    Map<String, Buffer> turned = new LinkedHashMap<>();
    readAdapter()
        .forEach(
            (name, buffer) ->
                turned.put(
                    name.replace("base_model.model.", "")
                        .replace("lora_A.weight", "lora_a")
                        .replace("lora_B.weight", "lora_b"),
                    turned(buffer)));
    Safetensors.write(mlx.resolve("adapters.safetensors"), turned);
    Files.writeString(
        mlx.resolve("adapter_config.json"),
        """
        {"fine_tune_type": "lora", "num_layers": 2, "model": "some/model",
         "lora_parameters": {"rank": 2, "scale": 2.0, "dropout": 0.0, "keys": ["mlp.down_proj"]}}
        """);

    assertSame(expected, logits(base, mlx, IDS));
  }

  private static Buffer turned(Buffer matrix) {
    Buffer turned = Buffer.allocate(matrix.type(), Shape.of(matrix.columns(), matrix.rows()));
    double[] values = matrix.toDoubles();
    double[] other = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      other[i % matrix.columns() * matrix.rows() + i / matrix.columns()] = values[i];
    }
    turned.put(other);
    return turned;
  }

  private void tieBase() throws IOException {
    base =
        new TinyLlama()
            .without(HEAD)
            .configured(config -> config.put("tie_word_embeddings", true))
            .writeTo(place.resolve("tied"));
  }

  /** The adapter without what was added to it. */
  private Path plainAdapter() throws IOException {
    Path plain = Files.createDirectories(place.resolve("plain"));
    Map<String, Buffer> tensors = readAdapter();
    tensors.keySet().removeIf(name -> !name.contains("lora_"));
    Safetensors.write(plain.resolve("adapter_model.safetensors"), tensors);
    ObjectNode json = (ObjectNode) JSON.readTree(adapter.resolve("adapter_config.json").toFile());
    json.putNull("modules_to_save").put("ensure_weight_tying", false);
    Files.writeString(plain.resolve("adapter_config.json"), json.toString());
    return plain;
  }

  private Path with(Buffer table, Buffer head) throws IOException {
    Path folder = Files.createDirectories(place.resolve("changed"));
    ObjectNode config = (ObjectNode) JSON.readTree(base.resolve("config.json").toFile());
    config.put("vocab_size", table.rows()).put("tie_word_embeddings", false);
    Files.writeString(folder.resolve("config.json"), config.toString());
    Map<String, Buffer> tensors = stored(base);
    tensors.put(TABLE, table);
    tensors.put(HEAD, head);
    Safetensors.write(folder.resolve("model.safetensors"), tensors);
    return folder;
  }

  private static Map<String, Buffer> stored(Path model) throws IOException {
    return read(model.resolve("model.safetensors"));
  }

  private Map<String, Buffer> readAdapter() throws IOException {
    return read(adapter.resolve("adapter_model.safetensors"));
  }

  private static Map<String, Buffer> read(Path file) throws IOException {
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    try (Safetensors stored = Safetensors.open(file)) {
      for (String name : stored.names()) {
        tensors.put(name, stored.read(name, DataType.FLOAT32));
      }
    }
    return tensors;
  }

  private void addToAdapter(Map<String, Buffer> more) throws IOException {
    Map<String, Buffer> tensors = readAdapter();
    more.forEach((name, buffer) -> tensors.put("base_model.model." + name, buffer));
    Safetensors.write(adapter.resolve("adapter_model.safetensors"), tensors);
  }

  private void change(String key, String value) throws IOException {
    Path config = adapter.resolve("adapter_config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(config.toFile());
    json.set(key, JSON.readTree(value));
    Files.writeString(config, json.toString());
  }

  private static Buffer table(int rows, long seed) {
    Buffer table = Buffer.allocate(DataType.FLOAT32, Shape.of(rows, 12));
    table.put(numbers(new Random(seed), rows * 12L));
    return table;
  }

  private static double[] numbers(Random random, long count) {
    return random.doubles(count, -0.5, 0.5).toArray();
  }

  private static void assertSame(double[] expected, double[] actual) {
    assertThat(actual).containsExactly(expected, within(2e-5));
  }

  private static double[] logits(Path model, Path adapter, int[] ids) throws IOException {
    try (LanguageModel loaded = LanguageModel.load(model)) {
      if (Files.exists(adapter)) {
        loaded.adapt(adapter);
      }
      return logits(loaded, ids);
    }
  }

  private static double[] logits(LanguageModel model, int[] ids) {
    try (Tape t = model.peft().inference()) {
      return model.model().logits(t, TokenBatch.of(List.of(ids))).value().toDoubles();
    }
  }
}
