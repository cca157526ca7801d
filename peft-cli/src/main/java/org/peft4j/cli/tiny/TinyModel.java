package org.peft4j.cli.tiny;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.train.Evaluation;
import org.peft4j.train.Trainer;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.text.Tokenizer;

/**
 * A language model of one megabyte that comes with the library and tells children's stories, so
 * that everything can be tried at once and without a network. {@link PretrainTinyModel} made it.
 */
public final class TinyModel {

  private static final List<String> FILES =
      List.of(
          "config.json",
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "model.safetensors");

  private TinyModel() {}

  /**
   * Writes the model's files, as Hugging Face has them.
   *
   * @param directory is made if it is not there
   * @throws java.nio.file.FileAlreadyExistsException if one of the files is there already
   */
  public static void unpack(Path directory) throws IOException {
    Files.createDirectories(directory);
    for (String name : FILES) {
      try (InputStream file =
          Objects.requireNonNull(TinyModel.class.getResourceAsStream("model/" + name), name)) {
        Files.copy(file, directory.resolve(name));
      }
    }
  }

  /** How well a model made for stories predicts 256 that none such was trained on. */
  public static Evaluation storyLoss(Path directory) throws IOException {
    CausalLm<?> model = Checkpoint.load(directory, DataType.FLOAT32).causalLm();
    try (Tokenizer tokenizer = Tokenizer.load(directory)) {
      return Trainer.evaluate(
          KernelSets.forType(DataType.FLOAT32),
          model.objective(),
          new StoryBatches(tokenizer).heldOut());
    }
  }
}
