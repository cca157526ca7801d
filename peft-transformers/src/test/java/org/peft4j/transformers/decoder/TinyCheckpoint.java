package org.peft4j.transformers.decoder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.checkpoint.LoadedModel;
import org.peft4j.transformers.checkpoint.ModelConfig;

/** A checkpoint of any family with drawn numbers. */
public final class TinyCheckpoint {

  private TinyCheckpoint() {}

  /**
   * Writes what {@code config} describes below {@code folder}.
   *
   * @return the folder of the model
   */
  public static Path write(DecoderFamily family, String config, Path folder) throws IOException {
    Path origin = Files.createDirectories(folder.resolve("drawn"));
    Files.writeString(origin.resolve("config.json"), config);
    ModelConfig settings = ModelConfig.read(origin);
    DecoderForCausalLm model = family.build(settings, new Drawn(new Random(5)));
    Path written = folder.resolve("model");
    Checkpoint.save(model, new LoadedModel(origin, settings, model, DataType.FLOAT32), written);
    return written;
  }

  /** Norms are drawn around 1, all else around 0; there is no bias that need not be. */
  private record Drawn(Random random) implements Weights {

    @Override
    public boolean contains(String path) {
      return false;
    }

    @Override
    public Parameter get(String path, Shape shape) {
      Buffer buffer = Buffer.allocate(DataType.FLOAT32, shape);
      double center = path.contains("norm") && path.endsWith(".weight") ? 1 : 0;
      buffer.put(random.doubles(buffer.length(), center - 0.6, center + 0.6).toArray());
      return new Parameter(Tensor.of(buffer));
    }
  }
}
