package org.peft4j.cli.tiny;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.DataType;
import org.peft4j.transformers.checkpoint.Checkpoint;

class PretrainTinyModelTest {

  @TempDir static Path folder;

  private static List<Double> losses;

  @BeforeAll
  static void pretrain() throws IOException {
    losses = pretrain("first", 5);
  }

  @Test
  void learns() {
    assertThat(losses.get(losses.size() - 1)).isLessThan(losses.get(0));
  }

  @Test
  void makesTheSameModelFromTheSameSeed() throws IOException {
    pretrain("second", 5);

    assertThat(tensors("second")).isEqualTo(tensors("first"));
  }

  @Test
  void makesAnotherModelFromAnotherSeed() throws IOException {
    pretrain("other", 6);

    assertThat(tensors("other")).isNotEqualTo(tensors("first"));
  }

  @Test
  void writesHalfPrecision() throws IOException {
    assertThat(Checkpoint.load(folder.resolve("first"), DataType.FLOAT32).storedType())
        .isEqualTo(DataType.FLOAT16);
  }

  private static List<Double> pretrain(String name, long seed) throws IOException {
    List<Double> losses = new ArrayList<>();
    new PretrainTinyModel(folder.resolve(name), seed, 3).run(step -> losses.add(step.loss()));
    return losses;
  }

  private static byte[] tensors(String name) throws IOException {
    return Files.readAllBytes(folder.resolve(name).resolve("model.safetensors"));
  }
}
