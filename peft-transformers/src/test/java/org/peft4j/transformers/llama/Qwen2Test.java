package org.peft4j.transformers.llama;

import org.peft4j.transformers.decoder.DecoderFamily;
import org.peft4j.transformers.decoder.FamilyContract;
import org.peft4j.transformers.decoder.GoldenAdapterContract;

class Qwen2Test implements FamilyContract, GoldenAdapterContract {

  @Override
  public DecoderFamily family() {
    return new LlamaFamily();
  }

  @Override
  public String config() {
    return """
        {"model_type": "qwen2", "vocab_size": 24, "hidden_size": 12, "intermediate_size": 20,
         "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4, "tie_word_embeddings": true,
         "max_position_embeddings": 40, "rope_theta": 500.0, "torch_dtype": "float32"}
        """;
  }

  @Override
  public String golden() {
    return "qwen2";
  }
}
