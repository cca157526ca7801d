package org.peft4j.transformers.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.ModuleTree;
import org.peft4j.onednn.OneDnnKernels;
import org.peft4j.tensor.Tape;
import org.peft4j.testkit.Bfloat16;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;

class CheckpointTest {

  private static final TokenBatch BATCH =
      TokenBatch.of(List.of(new int[] {3, 1, 4, 1, 5, 9, 2}, new int[] {6, 5, 3}));

  @TempDir Path directory;

  @Test
  void pathsAreThoseOfTheFile() throws IOException {
    LoadedModel loaded = load(new TinyLlama());

    try (Safetensors file = Safetensors.openModel(loaded.directory())) {
      assertThat(ModuleTree.parameters(loaded.model()).keySet())
          .containsExactlyInAnyOrderElementsOf(file.names());
    }
    assertThat(loaded.model().outputLayers()).containsExactly("lm_head");
    assertThat(loaded.model().defaultTargets()).containsExactly("q_proj", "v_proj");
  }

  @Test
  void whatIsSavedLoadsToTheSameLogits() throws IOException {
    LoadedModel loaded = load(new TinyLlama());
    Files.writeString(loaded.directory().resolve("tokenizer.json"), "{}");

    Checkpoint.save(loaded.model(), loaded, directory.resolve("saved"));
    LoadedModel again = Checkpoint.load(directory.resolve("saved"), DataType.FLOAT32);

    assertThat(logits(again)).containsExactly(logits(loaded));
    assertThat(again.config().entries()).isEqualTo(loaded.config().entries());
    assertThat(directory.resolve("saved/tokenizer.json")).hasContent("{}");
    assertThat(Files.readAllBytes(directory.resolve("saved/model.safetensors")))
        .isEqualTo(Files.readAllBytes(loaded.directory().resolve("model.safetensors")));
  }

  @Test
  void aTiedOutputLayerIsTheEmbeddingTableAndIsWrittenOnce() throws IOException {
    LoadedModel loaded =
        load(
            new TinyLlama()
                .without("lm_head.weight")
                .configured(config -> config.put("tie_word_embeddings", true)));

    Checkpoint.save(loaded.model(), loaded, directory.resolve("saved"));
    LoadedModel again = Checkpoint.load(directory.resolve("saved"), DataType.FLOAT32);

    assertThat(logits(again)).containsExactly(logits(loaded));
    assertThat(names("saved")).doesNotContain("lm_head.weight");
    assertThat(config("saved").get("tie_word_embeddings").booleanValue()).isTrue();
  }

  @Test
  void anOutputLayerInTheFileIsUsedAlthoughTheConfigTiesIt() throws IOException {
    LoadedModel tied =
        load(new TinyLlama().configured(config -> config.put("tie_word_embeddings", true)));
    Checkpoint.save(tied.model(), tied, directory.resolve("saved"));

    assertThat(logits(tied))
        .containsExactly(
            logits(
                Checkpoint.load(
                    new TinyLlama().writeTo(directory.resolve("untied")), DataType.FLOAT32)));
    assertThat(names("saved")).contains("lm_head.weight");
    assertThat(config("saved").get("tie_word_embeddings").booleanValue()).isFalse();
  }

  @Test
  void shardsMakeTheSameModel() throws IOException {
    LoadedModel whole = load(new TinyLlama());
    Path shards = new TinyLlama().writeShardsTo(directory.resolve("shards"));

    assertThat(logits(Checkpoint.load(shards, DataType.FLOAT32))).containsExactly(logits(whole));
  }

  @Test
  void savesInAnotherTypeIfAsked() throws IOException {
    LoadedModel loaded = load(new TinyLlama());

    Checkpoint.save(loaded.model(), loaded, directory.resolve("saved"), DataType.BFLOAT16);

    LoadedModel again = Checkpoint.load(directory.resolve("saved"), DataType.FLOAT32);
    assertThat(again.storedType()).isEqualTo(DataType.BFLOAT16);
    assertThat(config("saved").get("torch_dtype").textValue()).isEqualTo("bfloat16");
  }

  @Test
  void aModelOfSeveralTypesIsStoredInOneThatHoldsAllOfThem() throws IOException {
    Buffer half = Buffer.allocate(DataType.FLOAT16, Shape.of(TinyLlama.VOCABULARY, 12));
    for (int i = 0; i < half.length(); i++) {
      half.host().shorts().put(i, (short) i);
    }
    TinyLlama tables =
        new TinyLlama().put("model.embed_tokens.weight", half).put("lm_head.weight", half);

    assertThat(load(tables).storedType()).isEqualTo(DataType.FLOAT32);
  }

  @Test
  void holdsMatricesInBfloat16AndTheRestInFloat32() throws IOException {
    Bfloat16.assumeComputable();
    LoadedModel wide = load(new TinyLlama());
    Checkpoint.save(wide.model(), wide, directory.resolve("saved"), DataType.BFLOAT16);

    LoadedModel half = Checkpoint.load(directory.resolve("saved"), DataType.BFLOAT16);

    assertThat(ModuleTree.parameters(half.model()))
        .allSatisfy(
            (path, parameter) -> {
              boolean matrix = parameter.shape().rank() > 1;
              assertThat(parameter.pretrained().type())
                  .isEqualTo(matrix ? DataType.BFLOAT16 : DataType.FLOAT32);
              assertThat(parameter.type()).isEqualTo(DataType.FLOAT32);
            });
    Kernels kernels = KernelSets.forType(DataType.BFLOAT16);
    try (Tape t = Tape.inference(kernels)) {
      assertThat(half.causalLm().logits(t, BATCH).value().toDoubles())
          .containsExactly(
              logits(Checkpoint.load(directory.resolve("saved"), DataType.FLOAT32)),
              Offset.offset(0.05));
    }
  }

  @Test
  void biasesComeInWhereTheFileHasThem() throws IOException {
    LoadedModel plain = load(new TinyLlama());
    Path path = directory.resolve("biased");
    new TinyLlama()
        .add("model.layers.1.self_attn.q_proj.bias", 16)
        .add("model.layers.0.mlp.down_proj.bias", 12)
        .writeTo(path);

    LoadedModel biased = Checkpoint.load(path, DataType.FLOAT32);

    assertThat(ModuleTree.parameters(biased.model()))
        .containsKeys("model.layers.1.self_attn.q_proj.bias", "model.layers.0.mlp.down_proj.bias");
    assertThat(logits(biased)).isNotEqualTo(logits(plain));
  }

  @Test
  void tensorsThatNobodyNeedsDoNotHurt() throws IOException {
    LoadedModel loaded =
        load(
            new TinyLlama()
                .add("model.layers.0.self_attn.rotary_emb.inv_freq", 2)
                .add("something.else", 3));

    assertThat(logits(loaded)).hasSize(14 * TinyLlama.VOCABULARY);
  }

  @Test
  void everythingThatIsWrongWithTheTensorsIsReported() {
    assertThatThrownBy(() -> load(broken()))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(directory.resolve("model") + " has 10 problems:")
        .hasMessageContaining("\n- tensor model.norm.weight [12] is missing")
        .hasMessageContaining("\n- tensor model.layers.1.self_attn.q_proj.bias [16] is missing")
        .hasMessageContaining(
            "\n- tensor model.layers.0.mlp.up_proj.weight must have shape [20, 12] but has [20, 13]");
  }

  @Test
  void sizesThatFitNoMemoryAreReportedToo() {
    assertThatThrownBy(
            () ->
                load(new TinyLlama().configured(config -> config.put("vocab_size", 2_000_000_000))))
        .hasMessageContaining(
            "tensor lm_head.weight must have shape [2000000000, 12] but has [24, 12]");
  }

  @Test
  void anUnknownKindOfModelIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(
            () -> load(new TinyLlama().configured(config -> config.put("model_type", "mamba"))))
        .hasMessage(
            directory.resolve("model/config.json")
                + ": model_type must be one of [gpt2, llama, mistral, qwen2, qwen3] but was mamba");
    assertThatThrownBy(
            () -> load(new TinyLlama().configured(config -> config.remove("model_type"))))
        .hasMessage(
            directory.resolve("model/config.json")
                + ": model_type is missing; it must be one of [gpt2, llama, mistral, qwen2, qwen3]");
  }

  @Test
  void aFolderWithoutAModelIsRefused() throws IOException {
    assertThatThrownBy(() -> Checkpoint.load(directory, DataType.FLOAT32))
        .hasMessage(directory + ": is no model directory: it holds no config.json");

    Path empty = new TinyLlama().writeTo(directory.resolve("model"));
    Files.delete(empty.resolve("model.safetensors"));
    assertThatThrownBy(() -> Checkpoint.load(empty, DataType.FLOAT32))
        .hasMessage(empty + ": holds neither model.safetensors nor model.safetensors.index.json");
  }

  @Test
  void aConfigThatIsNoJsonIsRefused() throws IOException {
    Files.writeString(directory.resolve("config.json"), "[1]");
    assertThatThrownBy(() -> Checkpoint.load(directory, DataType.FLOAT32))
        .hasMessage(directory.resolve("config.json") + ": expected a JSON object but found [1]");

    Files.writeString(directory.resolve("config.json"), "{oops");
    assertThatThrownBy(() -> Checkpoint.load(directory, DataType.FLOAT32))
        .hasMessageStartingWith(directory.resolve("config.json") + ": not valid JSON: ");
  }

  @Test
  void computesInFloatingPointOnly() {
    assertThatThrownBy(() -> Checkpoint.load(directory, DataType.FLOAT16))
        .hasMessage("a model computes in F32, F64 or BF16 but not in F16");
  }

  @Test
  void aBiasThatTheConfigCannotTellOfIsNotSaved() throws IOException {
    LoadedModel biased = load(new TinyLlama().add("model.layers.1.self_attn.q_proj.bias", 16));

    assertThatThrownBy(() -> Checkpoint.save(biased.model(), biased, directory.resolve("saved")))
        .hasMessage(
            "config.json cannot tell of the biases that merging has added: "
                + "[model.layers.1.self_attn.q_proj.bias]");
  }

  @Test
  void theOriginalIsNotOverwritten() throws IOException {
    LoadedModel loaded = load(new TinyLlama());

    assertThatThrownBy(() -> Checkpoint.save(loaded.model(), loaded, loaded.directory()))
        .hasMessage("a model is not written over the one it was made from: " + loaded.directory());
  }

  @Test
  void tokensThatTheModelDoesNotKnowAreRefused() throws IOException {
    CausalLm<?> model = load(new TinyLlama()).causalLm();

    try (Tape t = Tape.inference(new OneDnnKernels())) {
      assertThatThrownBy(() -> model.logits(t, TokenBatch.of(List.of(new int[] {1, 24}))))
          .hasMessage(
              "token id 24 in row 1 is none of the model's 24 tokens; a tokenizer that knows more"
                  + " tokens than its model has rows for comes from a model that was resized: use"
                  + " that model, or an adapter that brings the new rows");
      assertThatThrownBy(() -> model.logits(t, TokenBatch.of(List.of(new int[97]))))
          .hasMessage("a sequence of 97 tokens is longer than the model's 96 positions");
    }
  }

  private static TinyLlama broken() throws IOException {
    return new TinyLlama()
        .without("model.norm.weight")
        .add("model.layers.0.mlp.up_proj.weight", 20, 13)
        .configured(config -> config.put("attention_bias", true));
  }

  private LoadedModel load(TinyLlama tiny) throws IOException {
    return Checkpoint.load(tiny.writeTo(directory.resolve("model")), DataType.FLOAT32);
  }

  private static double[] logits(LoadedModel loaded) {
    try (Tape t = Tape.inference(new OneDnnKernels())) {
      return loaded.causalLm().logits(t, BATCH).value().toDoubles();
    }
  }

  private List<String> names(String name) throws IOException {
    try (Safetensors file = Safetensors.openModel(directory.resolve(name))) {
      return List.copyOf(file.names());
    }
  }

  private JsonNode config(String name) throws IOException {
    return Golden.json(directory.resolve(name).resolve("config.json"));
  }
}
