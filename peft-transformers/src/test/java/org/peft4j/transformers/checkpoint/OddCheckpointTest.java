package org.peft4j.transformers.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.onednn.OneDnnKernels;
import org.peft4j.tensor.Tape;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.TokenBatch;

/** Checkpoints that others have saved in ways of their own, and those that nobody should use. */
class OddCheckpointTest {

  private static final TokenBatch BATCH = TokenBatch.of(List.of(new int[] {3, 1, 4, 1, 5}));
  private static final String GATE = "model.layers.1.mlp.gate_proj.weight";

  @TempDir Path directory;

  @Test
  void aTiedHeadMayBeListedByTheIndexThoughItIsNotStored() throws IOException {
    TinyLlama tied =
        new TinyLlama()
            .without("lm_head.weight")
            .configured(config -> config.put("tie_word_embeddings", true));
    double[] expected = logits(load(tied));
    Path shards = tied.writeShardsTo(directory.resolve("shards"));
    list(shards, "lm_head.weight");

    assertThat(logits(Checkpoint.load(shards, DataType.FLOAT32))).containsExactly(expected);
  }

  @Test
  void aTensorThatOnlyTheIndexNamesIsMissingWithItsPlace() throws IOException {
    Path shards =
        new TinyLlama().without("model.norm.weight").writeShardsTo(directory.resolve("shards"));
    list(shards, "model.norm.weight");

    assertThatThrownBy(() -> Checkpoint.load(shards, DataType.FLOAT32))
        .hasMessage(
            shards
                + ": tensor model.norm.weight [12] is not in model-00001-of-00002.safetensors, where"
                + " the index puts it");
  }

  @Test
  void theDecoderMayBeSavedBareOrWithinAWrapper() throws IOException {
    double[] expected = logits(load(new TinyLlama()));
    List<UnaryOperator<String>> names =
        List.of(
            name -> name.replaceFirst("^model\\.", ""),
            name -> "_orig_mod." + name,
            name -> "module." + name);
    for (UnaryOperator<String> rename : names) {
      assertThat(logits(load(new TinyLlama().renamed(rename)))).containsExactly(expected);
    }
  }

  @Test
  void aNumberThatIsNoneIsRefusedWithItsPlace() throws IOException {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      TinyLlama damaged = new TinyLlama();
      damaged.tensor(GATE).floats().put(12 * 7 + 5, bad);
      damaged.tensor("model.norm.weight").floats().put(3, bad);
      assertRefused(
          damaged,
          " has 2 problems:"
              + "\n- tensor "
              + GATE
              + " holds NaN or infinity at [7, 5]; the file is damaged, or what trained it went"
              + " astray"
              + "\n- tensor model.norm.weight holds NaN or infinity at [3]; the file is damaged, or"
              + " what trained it went astray");
    }
  }

  @Test
  void whatFloat32CannotHoldIsRefused() throws IOException {
    Buffer wide = Buffer.allocate(DataType.FLOAT64, Shape.of(12));
    wide.put(new double[] {1, 1, 1e300, 1, 1, 1, 1, 1, 1, 1, 1, 1});
    assertRefused(
        new TinyLlama().put("model.norm.weight", wide),
        ": tensor model.norm.weight holds NaN or infinity at [2]; the file is damaged, or what"
            + " trained it went astray");
  }

  @Test
  void emptyTensorsAreKnownForWhatTheyAre() throws IOException {
    assertRefused(
        new TinyLlama().add("model.norm.weight", 0),
        ": tensor model.norm.weight must have shape [12] but has [0]; it is empty, as DeepSpeed's"
            + " ZeRO-3 leaves what it has not gathered: convert the checkpoint with its"
            + " zero_to_fp32.py, or save it with stage3_gather_16bit_weights_on_model_save");
  }

  @Test
  void aTensorInALayerThatNobodyUsesMeansAnotherModel() throws IOException {
    assertRefused(
        new TinyLlama().add("model.layers.1.self_attn.q_norm.weight", 4),
        ": tensor model.layers.1.self_attn.q_norm.weight is part of a layer but no such model has"
            + " it; config.json describes another model");
  }

  @Test
  void weightsThatAreWholeNumbersAreRefused() throws IOException {
    Buffer whole = Buffer.allocate(DataType.INT8, Shape.of(20, 12));
    assertRefused(
        new TinyLlama().put(GATE, whole),
        ": tensor "
            + GATE
            + " is stored as I8 without scales that are known here; weights must be F64, F32, F16 or"
            + " BF16, or quantised to 8 bits with a weight_scale, weight_scale_inv or SCB beside"
            + " them");
  }

  @Test
  @Timeout(60)
  void sizesAreHeldAgainstTheFileBeforeAnythingIsMade() throws IOException {
    List<Consumer<ObjectNode>> claims =
        List.of(
            config -> config.put("num_hidden_layers", 1_000_000_000),
            config -> config.put("head_dim", 2_147_483_646),
            config -> config.put("head_dim", 400_000_000),
            config -> config.put("hidden_size", 2_147_483_647),
            config -> config.put("vocab_size", 2_147_483_647),
            config -> {
              config.put("num_labels", 2_147_483_647);
              config.putArray("architectures").add("LlamaForSequenceClassification");
            });
    for (Consumer<ObjectNode> claim : claims) {
      Path model = new TinyLlama().configured(claim).writeTo(directory.resolve("model"));
      assertThatThrownBy(() -> Checkpoint.load(model, DataType.FLOAT32))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(model.toString())
          .satisfies(e -> assertThat(e.getMessage().length()).isLessThanOrEqualTo(2000));
    }
  }

  @Test
  void labelsMustBeAsManyAsTheOutputLayerHasRows() throws IOException {
    TinyLlama odd =
        new TinyLlama()
            .without("lm_head.weight")
            .add("score.weight", 3, 12)
            .configured(
                config -> {
                  config.put("num_labels", 4);
                  config.putArray("architectures").add("LlamaForSequenceClassification");
                });
    Path model = odd.writeTo(directory.resolve("model"));
    assertThatThrownBy(() -> Checkpoint.load(model, DataType.FLOAT32))
        .hasMessage(model.resolve("config.json") + ": num_labels is 4 but score.weight has 3 rows");
  }

  @Test
  void anAdapterIsNoModel() throws IOException {
    Files.writeString(
        directory.resolve("adapter_config.json"), "{\"base_model_name_or_path\":\"org/base\"}");
    assertThatThrownBy(() -> Checkpoint.load(directory, DataType.FLOAT32))
        .hasMessage(
            directory
                + ": is the folder of an adapter, not of a model; give it as --adapter"
                + " (LanguageModel.adapt), and as --model the model that it was made for: org/base");
  }

  @Test
  void aModelOneFolderFurtherDownIsFound() throws IOException {
    Path model = new TinyLlama().writeTo(directory.resolve("checkpoint-20"));
    assertThatThrownBy(() -> Checkpoint.load(directory, DataType.FLOAT32))
        .hasMessage(
            directory + ": is no model directory: it holds no config.json; models lie in " + model);
  }

  @Test
  void nothingIsDownloaded() {
    Path hub = directory.resolve("TinyLlama/TinyLlama-1.1B");
    assertThatThrownBy(() -> Checkpoint.load(hub, DataType.FLOAT32))
        .hasMessage(
            hub
                + ": there is no such folder; models are read from folders: fetch one from the"
                + " Hugging Face Hub with Hub.fromEnvironment().download(HubModel.of(NAME)), or"
                + " 'peft download NAME'");
  }

  private void assertRefused(TinyLlama tiny, String problem) throws IOException {
    Path model = tiny.writeTo(directory.resolve("model"));
    assertThatThrownBy(() -> Checkpoint.load(model, DataType.FLOAT32))
        .isInstanceOf(IOException.class)
        .hasMessage(model + problem);
  }

  private LoadedModel load(TinyLlama tiny) throws IOException {
    return Checkpoint.load(tiny.writeTo(directory.resolve("model")), DataType.FLOAT32);
  }

  private static void list(Path shards, String name) throws IOException {
    Path index = shards.resolve("model.safetensors.index.json");
    String listed = "{\"" + name + "\":\"model-00001-of-00002.safetensors\",";
    Files.writeString(
        index, Files.readString(index).replace("\"weight_map\":{", "\"weight_map\":" + listed));
  }

  private static double[] logits(LoadedModel loaded) {
    try (Tape t = Tape.inference(new OneDnnKernels())) {
      return loaded.causalLm().logits(t, BATCH).value().toDoubles();
    }
  }
}
