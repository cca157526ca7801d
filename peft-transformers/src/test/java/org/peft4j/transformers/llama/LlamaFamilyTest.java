package org.peft4j.transformers.llama;

import org.peft4j.transformers.decoder.DecoderFamily;
import org.peft4j.transformers.decoder.FamilyContract;
import org.peft4j.transformers.decoder.GoldenAdapterContract;

class LlamaFamilyTest implements FamilyContract, GoldenAdapterContract {

  @Override
  public DecoderFamily family() {
    return new LlamaFamily();
  }

  @Override
  public String config() {
    return """
        {"model_type": "llama", "vocab_size": 24, "hidden_size": 12, "intermediate_size": 20,
         "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4,
         "max_position_embeddings": 40, "rope_theta": 500.0, "torch_dtype": "float32"}
        """;
  }

  @Override
  public String golden() {
    return "llama_rope3";
  }
}
