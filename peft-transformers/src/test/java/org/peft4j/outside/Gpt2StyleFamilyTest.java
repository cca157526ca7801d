package org.peft4j.outside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.transformers.Gradients;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.checkpoint.LoadedModel;
import org.peft4j.transformers.decoder.DecoderFamily;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.decoder.FamilyContract;
import org.peft4j.transformers.decoder.GoldenFamilyContract;
import org.peft4j.transformers.decoder.TinyCheckpoint;

class Gpt2StyleFamilyTest implements FamilyContract, GoldenFamilyContract {

  @Override
  public DecoderFamily family() {
    return new Gpt2StyleFamily();
  }

  @Override
  public String config() {
    return """
        {"model_type": "gpt2", "vocab_size": 24, "n_embd": 12, "n_layer": 2, "n_head": 3,
         "n_inner": 20, "n_positions": 40, "torch_dtype": "float32"}
        """;
  }

  @Override
  public String golden() {
    return "gpt2";
  }

  @Test
  void queriesKeysAndValuesLieInOneTensorThatIsTransposed(@TempDir Path folder) throws IOException {
    Path model = TinyCheckpoint.write(family(), config(), folder);
    Map<String, Parameter> parameters =
        ModuleTree.parameters(Checkpoint.load(model, DataType.FLOAT32).model());

    try (Safetensors file = Safetensors.openModel(model)) {
      assertThat(file.info("transformer.h.1.attn.c_attn.weight").shape())
          .isEqualTo(Shape.of(12, 36));
      double[] stored =
          file.read("transformer.h.1.attn.c_attn.weight", DataType.FLOAT32).toDoubles();
      double[] key =
          parameters.get("transformer.h.1.attn.k.weight").pretrained().value().toDoubles();
      for (int out = 0; out < 12; out++) {
        for (int in = 0; in < 12; in++) {
          assertThat(key[out * 12 + in]).isEqualTo(stored[in * 36 + 12 + out]);
        }
      }
    }
  }

  @Test
  void readsABareModelWithMasks(@TempDir Path folder) throws IOException {
    Path model = TinyCheckpoint.write(family(), config(), folder);
    Map<String, Buffer> bare = new LinkedHashMap<>();
    Path file = model.resolve("model.safetensors");
    try (Safetensors whole = Safetensors.open(file)) {
      for (String name : whole.names()) {
        bare.put(name.replace("transformer.", ""), whole.read(name, DataType.FLOAT32));
      }
    }
    bare.put("h.0.attn.bias", Buffer.allocate(DataType.FLOAT32, Shape.of(1, 1, 40, 40)));
    Files.delete(file);
    Safetensors.write(file, bare);

    assertThat(Checkpoint.load(model, DataType.FLOAT32).causalLm().vocabulary()).isEqualTo(24);
  }

  @Test
  void whatIsMissingIsNamedOnceAsTheFileCallsIt(@TempDir Path folder) throws IOException {
    Path model = TinyCheckpoint.write(family(), config(), folder);
    Map<String, Buffer> some = new LinkedHashMap<>();
    Path file = model.resolve("model.safetensors");
    try (Safetensors whole = Safetensors.open(file)) {
      for (String name : whole.names()) {
        if (!name.equals("transformer.h.0.attn.c_attn.weight")) {
          some.put(name, whole.read(name, DataType.FLOAT32));
        }
      }
    }
    Files.delete(file);
    Safetensors.write(file, some);

    assertThatThrownBy(() -> Checkpoint.load(model, DataType.FLOAT32))
        .hasMessage(model + ": tensor transformer.h.0.attn.c_attn.weight [12, 36] is missing");
  }

  @Test
  void aMergedModelIsStoredInTheSameForm(@TempDir Path folder) throws IOException {
    LoadedModel loaded =
        Checkpoint.load(TinyCheckpoint.write(family(), config(), folder), DataType.FLOAT64);
    PeftModel<DecoderForCausalLm> adapted =
        Peft.adapt(
            (DecoderForCausalLm) loaded.causalLm(),
            new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear()));
    Gradients.awayFromStart(adapted, 0.1);
    Path merged = folder.resolve("merged");
    DecoderForCausalLm plain = adapted.merge();
    Checkpoint.save(plain, loaded, merged, DataType.FLOAT64);

    Map<String, Parameter> again =
        ModuleTree.parameters(Checkpoint.load(merged, DataType.FLOAT64).model());
    ModuleTree.parameters(plain)
        .forEach(
            (path, parameter) ->
                assertThat(again.get(path).pretrained().value().toDoubles())
                    .as(path)
                    .containsExactly(parameter.pretrained().value().toDoubles()));
  }
}
