package org.peft4j.transformers.llama;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.kernel.DataType;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.decoder.DecoderForCausalLm;

/** Small models for tests of other packages. */
public final class TinyModels {

  private TinyModels() {}

  /** A Llama of 24 tokens with random weights, always the same, by way of a folder. */
  public static DecoderForCausalLm llama(Path folder, DataType type) throws IOException {
    return (DecoderForCausalLm) Checkpoint.load(new TinyLlama().writeTo(folder), type).model();
  }
}
