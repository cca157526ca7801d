package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.testkit.AdapterContract;
import org.peft4j.testkit.Golden;
import org.peft4j.testkit.Mlp;

class VeraConfigTest implements AdapterContract {

  @Override
  public AdapterConfig config() {
    return new VeraConfig(4, 0, 0.1, 7, true);
  }

  @Nested
  class WithoutItsProjectionsInTheFile implements AdapterContract {

    @Override
    public AdapterConfig config() {
      return new VeraConfig(4, 0, 0.1, 7, false);
    }
  }

  @Test
  void trainsTwoVectorsForEveryLayer() {
    assertThat(adapted(config()).report().trainable()).isEqualTo(4 + Mlp.HIDDEN + 4 + Mlp.OUT);
  }

  @Test
  void savesItsProjectionsOnceAndOnlyWhereAsked(@TempDir Path folder) throws IOException {
    adapted(config()).save(folder);
    try (Safetensors tensors = Safetensors.open(folder.resolve("adapter_model.safetensors"))) {
      assertThat(tensors.info("base_model.vera_A").shape()).isEqualTo(Shape.of(4, Mlp.HIDDEN));
      assertThat(tensors.info("base_model.vera_B").shape()).isEqualTo(Shape.of(Mlp.HIDDEN, 4));
    }
    adapted(new VeraConfig(4, 0, 0.1, 7, false)).save(folder);
    try (Safetensors tensors = Safetensors.open(folder.resolve("adapter_model.safetensors"))) {
      assertThat(tensors.names()).noneMatch(name -> name.matches("base_model.vera_."));
    }
  }

  @Test
  void drawsTheProjectionsThatPeftDraws(@TempDir Path folder) throws IOException {
    Golden golden = Golden.of("vera", DataType.FLOAT32);
    Peft.adapt(
            Mlp.random(DataType.FLOAT32, 1),
            new AdapterSpec(new VeraConfig(8), TargetModules.allLinear()))
        .save(folder);

    for (String name : new String[] {"base_model.vera_A", "base_model.vera_B"}) {
      assertThat(Golden.in(folder, "adapter_model.safetensors", DataType.FLOAT32).numbers(name))
          .as(name)
          .isEqualTo(
              Golden.in(golden.folder(), "adapter_model.safetensors", DataType.FLOAT32)
                  .numbers(name));
    }
  }

  /** Somebody else's projections count, whatever the seed says; also the part of a narrow layer. */
  @Test
  void computesWithTheProjectionsInTheFile(@TempDir Path folder) throws IOException {
    PeftModel<Mlp> model = adapted(config());
    model.trainable().values().forEach(VeraConfigTest::fillWithOnes);
    model.save(folder);
    scaleProjections(folder, 3);

    double[] base = merged(Mlp.random(DataType.FLOAT64, 1));
    double[] expected = merged(model.merge());
    double[] actual = merged(Peft.load(Mlp.random(DataType.FLOAT64, 1), folder).merge());
    for (int i = 0; i < base.length; i++) {
      assertThat(actual[i] - base[i])
          .isCloseTo(9 * (expected[i] - base[i]), org.assertj.core.data.Offset.offset(1e-9));
    }
  }

  @Test
  void refusesAFileWhoseProjectionsAreMissing(@TempDir Path folder) throws IOException {
    adapted(config()).save(folder);
    Path file = folder.resolve("adapter_model.safetensors");
    Map<String, Buffer> tensors = read(file);
    tensors.remove("base_model.vera_A");
    tensors.put("base_model.vera_B", Buffer.allocate(DataType.FLOAT64, Shape.of(3, 4)));
    Safetensors.write(file, tensors, Map.of("format", "pt"));

    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(() -> Peft.load(Mlp.random(DataType.FLOAT64, 1), folder))
        .withMessageContaining("tensor base_model.vera_A [4, 32] is missing")
        .withMessageContaining("tensor base_model.vera_B should be [32, 4] but is [3, 4]");
  }

  @Test
  void rejectsARankBelowOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new VeraConfig(0))
        .withMessage("rank must be at least 1 but was 0");
  }

  private static PeftModel<Mlp> adapted(AdapterConfig config) {
    return Peft.adapt(
        Mlp.random(DataType.FLOAT64, 1), new AdapterSpec(config, TargetModules.allLinear()));
  }

  private static void fillWithOnes(org.peft4j.tensor.Tensor tensor) {
    double[] ones = new double[Math.toIntExact(tensor.shape().length())];
    java.util.Arrays.fill(ones, 1);
    tensor.value().put(ones);
  }

  private static double[] merged(Mlp mlp) {
    return mlp.lin0().weight().pretrained().value().toDoubles();
  }

  private static void scaleProjections(Path folder, double factor) throws IOException {
    Path file = folder.resolve("adapter_model.safetensors");
    Map<String, Buffer> tensors = read(file);
    for (String name : new String[] {"base_model.vera_A", "base_model.vera_B"}) {
      double[] values = tensors.get(name).toDoubles();
      java.util.Arrays.setAll(values, i -> factor * values[i]);
      tensors.get(name).put(values);
    }
    Safetensors.write(file, tensors, Map.of("format", "pt"));
  }

  private static Map<String, Buffer> read(Path file) throws IOException {
    Map<String, Buffer> all = new java.util.LinkedHashMap<>();
    try (Safetensors tensors = Safetensors.open(file)) {
      for (String name : tensors.names()) {
        all.put(name, tensors.read(name, DataType.FLOAT64));
      }
    }
    return all;
  }
}
