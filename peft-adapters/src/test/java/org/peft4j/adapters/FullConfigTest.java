package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.testkit.AdapterContract;
import org.peft4j.testkit.TinyDecoder;

class FullConfigTest implements AdapterContract {

  @Override
  public AdapterConfig config() {
    return new FullConfig();
  }

  @Test
  void trainsEveryTensorOnce() {
    PeftModel<TinyDecoder> model = decoder();

    assertThat(model.trainable().keySet())
        .containsExactly(
            "embed_tokens.weight",
            "norm1.weight",
            "q_proj.weight",
            "k_proj.weight",
            "v_proj.weight",
            "o_proj.weight",
            "norm2.weight",
            "gate_proj.weight",
            "up_proj.weight",
            "down_proj.weight");
    assertThat(model.report()).hasToString("trainable 648 of 648 (100.0 %)");
  }

  @Test
  void savesEveryTensorOnceUnderItsOwnName(@TempDir Path folder) throws IOException {
    PeftModel<TinyDecoder> model = decoder();
    model.save(folder);

    try (Safetensors tensors = Safetensors.open(folder.resolve("adapter_model.safetensors"))) {
      assertThat(tensors.names())
          .containsExactlyInAnyOrderElementsOf(
              model.trainable().keySet().stream().map(p -> "base_model.model." + p).toList());
    }
  }

  private static PeftModel<TinyDecoder> decoder() {
    return Peft.adapt(
        TinyDecoder.random(DataType.FLOAT32, 1),
        new AdapterSpec(new FullConfig(), TargetModules.allLinear()));
  }
}
