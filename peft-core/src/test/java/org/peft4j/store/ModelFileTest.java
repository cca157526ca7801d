package org.peft4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Embedding;
import org.peft4j.nn.FreshWeights;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Module;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.StateDict;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;

class ModelFileTest {

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64", "BFLOAT16"})
  void aModelComesBackAsItWas(DataType type) throws IOException {
    Path file = folder.resolve("mlp.safetensors");
    Mlp saved = Mlp.of(FreshWeights.kaiming(1).ofType(type));

    ModelFile.save(saved, file);
    Mlp loaded = ModelFile.load(file, Mlp::of);

    Map<String, Tensor> tensors = StateDict.of(loaded).tensors();
    assertThat(tensors).hasSize(4);
    StateDict.of(saved)
        .tensors()
        .forEach(
            (path, own) -> {
              assertThat(tensors.get(path).type()).as(path).isEqualTo(own.type());
              assertThat(tensors.get(path).value().toDoubles())
                  .as(path)
                  .containsExactly(own.value().toDoubles());
            });
    Path again = folder.resolve("again.safetensors");
    ModelFile.save(loaded, again);
    assertThat(again).hasSameBinaryContentAs(file);
  }

  @Test
  void theLoadedModelComputesTheSame() throws IOException {
    Path file = folder.resolve("mlp.safetensors");
    Mlp saved = Mlp.random(DataType.FLOAT64, 1);
    ModelFile.save(saved, file);

    Mlp loaded = ModelFile.load(file, saved::rebuild);

    assertThat(output(loaded)).containsExactly(output(saved));
  }

  private static double[] output(Mlp model) {
    double[] x = new double[2 * Mlp.IN];
    java.util.Arrays.setAll(x, i -> Math.sin(i));
    try (Tape t = Tape.inference(KernelSets.forType(DataType.FLOAT64))) {
      return model.forward(t, Tensor.of(x, 2, Mlp.IN)).value().toDoubles();
    }
  }

  /** An output layer that is the table of the words. */
  private record Tied(Embedding words, Linear out) implements Module {

    static Tied of(Weights weights) {
      Embedding words = Embedding.of(weights, "words", 5, 3);
      return new Tied(
          words,
          weights.contains("out.weight")
              ? Linear.of(weights, "out", 3, 5)
              : new Linear(new Parameter(words.weight().pretrained()), Optional.empty()));
    }

    @Override
    public Map<String, Module> children() {
      Map<String, Module> children = new LinkedHashMap<>();
      children.put("words", words);
      children.put("out", out);
      return children;
    }
  }

  @Test
  void whatParametersShareIsWrittenOnceAndSharedAgain() throws IOException {
    Path file = folder.resolve("tied.safetensors");

    ModelFile.save(Tied.of(FreshWeights.kaiming(1).without("out.weight", "bias")), file);
    Tied loaded = ModelFile.load(file, Tied::of);

    assertThat(ModelFile.read(file).tensors()).containsOnlyKeys("words.weight");
    assertThat(loaded.out().weight().pretrained()).isSameAs(loaded.words().weight().pretrained());
  }

  @Test
  void tellsTheFileAndEverythingThatDoesNotFit() throws IOException {
    Path file = folder.resolve("tied.safetensors");
    ModelFile.save(Tied.of(FreshWeights.kaiming(1)), file);

    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(() -> ModelFile.load(file, Mlp::of))
        .withMessage(
            file
                + """
                : the tensors do not fit the model:
                - lin0.weight [32, 24] is missing
                - lin1.weight [16, 32] is missing
                - out.bias [5] is not asked for
                - out.weight [5, 3] is not asked for
                - words.weight [5, 3] is not asked for""");
  }

  @Test
  void readsFoldersAndOtherTypes() throws IOException {
    Buffer half = Buffer.allocate(DataType.FLOAT32, Shape.of(2, 2));
    half.put(new float[] {1, 0.5f, -2, 0.25f});
    Safetensors.write(
        folder.resolve("model.safetensors"), Map.of("a.weight", half), Map.of(), DataType.FLOAT16);

    Parameter own = ModelFile.load(folder, weights -> weights.get("a.weight", Shape.of(2, 2)));
    Parameter wide =
        ModelFile.load(
            folder, DataType.FLOAT64, weights -> weights.get("a.weight", Shape.of(2, 2)));

    assertThat(own.pretrained().type()).isEqualTo(DataType.FLOAT32);
    assertThat(wide.pretrained().type()).isEqualTo(DataType.FLOAT64);
    assertThat(wide.pretrained().value().toDoubles()).containsExactly(1, 0.5, -2, 0.25);
  }

  @Test
  void numbersThatAreNotFiniteAreNeitherWrittenNorRead() throws IOException {
    Path file = folder.resolve("bad.safetensors");
    Buffer bad = Buffer.allocate(DataType.FLOAT32, Shape.of(2, 1));
    bad.put(new float[] {1, Float.NaN});
    Linear broken = new Linear(new Parameter(Tensor.of(bad)), Optional.empty());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelFile.save(broken, file))
        .withMessage("nothing was written: weight has numbers that are not finite");
    assertThat(file).doesNotExist();

    Safetensors.write(file, Map.of("weight", bad));
    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(() -> ModelFile.read(file))
        .withMessageStartingWith(file + ": tensor weight holds 1 number that is not finite");
  }

  @Test
  void whatStoodThereStaysWhereSavingFails() throws IOException {
    Path file = Files.writeString(folder.resolve("model.safetensors"), "before");
    Linear empty = new Linear(new Parameter(Tensor.of(new float[0], 0, 2)), Optional.empty());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelFile.save(new Module() {}, file))
        .withMessage("nothing was written: the model has no parameters");

    assertThat(file).hasContent("before");
    ModelFile.save(empty, file);
    assertThat(ModelFile.read(file).tensors()).containsOnlyKeys("weight");
  }
}
