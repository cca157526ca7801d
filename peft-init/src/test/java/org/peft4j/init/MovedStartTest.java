package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.initializer.Initializers;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;

/** What must hold of every adapter that starts at B·A other than zero. */
class MovedStartTest {

  private static final double EXACT = 1e-10;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"pissa,1", "pissa,8", "pissa,100", "olora,1", "olora,100", "pissa_niter_2,8"})
  void startsEqualToTheBaseWhateverAlphaIs(String name, double alpha) {
    PeftModel<Mlp> model = Peft.adapt(mlp(), spec(name, new LoraConfig(4, alpha)));

    assertThat(output(model)).containsExactly(output(Peft.host(mlp())), within(EXACT));
  }

  @Test
  void aSecondAdapterSeesTheTrueBase() {
    PeftModel<Mlp> model = Peft.adapt(mlp(), spec("pissa").named("first"));
    model.add(new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear()).named("second"));
    move(model, 1);

    model.activate("second");

    assertThat(output(model)).containsExactly(output(Peft.host(mlp())));
  }

  @Test
  void isScaledAwayCompletely() {
    PeftModel<Mlp> model = moved("pissa");

    model.scale("default", 0);

    assertThat(output(model)).containsExactly(output(Peft.host(mlp())), within(EXACT));
  }

  @Test
  void halfTheScaleIsHalfTheWayToTheMergedWeights() {
    PeftModel<Mlp> model = moved("olora");
    double[] pretrained = mlp().lin1().weight().pretrained().value().toDoubles();
    double[] full = model.merge().lin1().weight().pretrained().value().toDoubles();

    model.scale("default", 0.5);

    double[] half = model.merge().lin1().weight().pretrained().value().toDoubles();
    for (int i = 0; i < half.length; i++) {
      assertThat(half[i]).isCloseTo((pretrained[i] + full[i]) / 2, within(EXACT));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pissa", "pissa_niter_1", "olora"})
  void isReadBackWithTheStartItHadBitForBit(String name) throws IOException {
    PeftModel<Mlp> model = moved(name);
    model.save(folder);

    PeftModel<Mlp> loaded = Peft.load(mlp(), folder);
    assertThat(output(loaded)).containsExactly(output(model));

    loaded.save(folder.resolve("again"));
    for (String file : new String[] {"adapter_config.json", "adapter_start.safetensors"}) {
      assertThat(folder.resolve("again").resolve(file))
          .hasSameBinaryContentAs(folder.resolve(file));
    }
    assertThat(Files.readString(folder.resolve("adapter_config.json")))
        .containsPattern("\"init_lora_weights\" ?: \"" + name + "\"");
  }

  @Test
  void recordsTheSeedAndTheScaleOfEveryLayer() throws IOException {
    moved("pissa_niter_4").save(folder);

    try (Safetensors start = Safetensors.open(folder.resolve("adapter_start.safetensors"))) {
      assertThat(start.names())
          .containsExactlyInAnyOrder(
              "base_model.model.lin0.lora_A.weight",
              "base_model.model.lin0.lora_B.weight",
              "base_model.model.lin1.lora_A.weight",
              "base_model.model.lin1.lora_B.weight");
      assertThat(start.metadata())
          .isEqualTo(
              Map.of(
                  "format", "pt",
                  "init_lora_weights", "pissa_niter_4",
                  "seed", "9",
                  "base_model.model.lin0.scaling", "2.0",
                  "base_model.model.lin1.scaling", "2.0"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pissa", "olora"})
  void aStartThatCanBeRepeatedNeedsNoFile(String name) throws IOException {
    PeftModel<Mlp> model = moved(name);
    model.save(folder);
    Files.delete(folder.resolve("adapter_start.safetensors"));

    assertThat(output(Peft.load(mlp(), folder))).containsExactly(output(model), within(EXACT));
  }

  @Test
  void refusesToGuessAStartThatCannotBeRepeated() throws IOException {
    moved("pissa_niter_4").save(folder);
    Files.delete(folder.resolve("adapter_start.safetensors"));

    assertRefused(
        folder
            + ": the adapter started by pissa_niter_4 but there is no adapter_start.safetensors to"
            + " say where, and that start is not repeatable; in Hugging Face PEFT save it as plain"
            + " LoRA, with save_pretrained(..., path_initial_model_for_weight_conversion=...)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"corda", "lora_ga"})
  void refusesAStartThatDependsOnDataWhereTheFileDoesNotHoldIt(String name) throws IOException {
    moved("pissa").save(folder);
    Files.delete(folder.resolve("adapter_start.safetensors"));
    Path config = folder.resolve("adapter_config.json");
    Files.writeString(config, Files.readString(config).replace("\"pissa\"", "\"" + name + "\""));

    assertRefused(
        folder
            + ": the adapter started by "
            + name
            + " but there is no adapter_start.safetensors to say where, and that start is not"
            + " repeatable; in Hugging Face PEFT save it as plain LoRA, with"
            + " save_pretrained(..., path_initial_model_for_weight_conversion=...)");
  }

  @Test
  void refusesTheStartOfAnotherAdapter() throws IOException {
    moved("pissa").save(folder);
    Path config = folder.resolve("adapter_config.json");
    Files.writeString(config, Files.readString(config).replace("\"pissa\"", "\"olora\""));

    assertRefused(
        folder.resolve("adapter_start.safetensors")
            + ": holds a start by pissa but adapter_config.json says olora; they belong to"
            + " different adapters");
  }

  @Test
  void refusesAStartOfAnotherScale() throws IOException {
    moved("pissa").save(folder);
    Path config = folder.resolve("adapter_config.json");
    Files.writeString(
        config,
        Files.readString(config).replaceFirst("\"lora_alpha\"( ?): 8", "\"lora_alpha\": 4"));
    forgetSettings();

    assertRefused(
        folder.resolve("adapter_start.safetensors")
            + ": the scale at lin0 should be 1.0, as in adapter_config.json, but is 2.0");
  }

  @Test
  void refusesAStartOfAnotherRank() throws IOException {
    moved("pissa").save(folder);
    Path config = folder.resolve("adapter_config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replaceFirst("\"lora_alpha\"( ?): 8", "\"lora_alpha\": 4")
            .replaceFirst("\"r\"( ?): 4", "\"r\": 2"));
    forgetSettings();

    assertRefused(
        folder.resolve("adapter_start.safetensors")
            + ": tensor base_model.model.lin0.lora_A.weight should be [2, 24] but is [4, 24]");
  }

  /** As another program would write the tensors. */
  private void forgetSettings() throws IOException {
    Path file = folder.resolve("adapter_model.safetensors");
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    try (Safetensors stored = Safetensors.open(file)) {
      for (String name : stored.names()) {
        tensors.put(name, stored.read(name, DataType.FLOAT64));
      }
    }
    Safetensors.write(file, tensors);
  }

  @Test
  void anAdapterWithoutAStartLeavesNoneBehind() throws IOException {
    moved("pissa").save(folder);
    Peft.adapt(mlp(), spec("gaussian")).save(folder);

    assertThat(folder.resolve("adapter_start.safetensors")).doesNotExist();
  }

  @Test
  void doraDoesNotStartThere() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Peft.adapt(mlp(), spec("pissa", new DoraConfig(4, 8))))
        .withMessage(
            "pissa starts where B·A is not zero, which the method at lin0 cannot; adapt with lora,"
                + " or start otherwise");
  }

  @Test
  void refusesARankAboveTheSmallerSideOfTheWeight() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Peft.adapt(mlp(), spec("olora", new LoraConfig(17, 8))))
        .withMessage(
            "lin1 is [16, 32], so olora can start a rank of at most 16 there but it was 17");
  }

  private void assertRefused(String message) {
    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(() -> Peft.load(mlp(), folder))
        .withMessage(message);
  }

  private static PeftModel<Mlp> moved(String name) {
    PeftModel<Mlp> model = Peft.adapt(mlp(), spec(name));
    move(model, 4);
    return model;
  }

  private static void move(PeftModel<Mlp> model, long seed) {
    Random random = new Random(seed);
    for (Tensor tensor : model.trainable().values()) {
      double[] values = tensor.value().toDoubles();
      for (int i = 0; i < values.length; i++) {
        values[i] += 0.1 * random.nextGaussian();
      }
      tensor.value().put(values);
    }
  }

  private static AdapterSpec spec(String name) {
    return spec(name, new LoraConfig(4, 8));
  }

  private static AdapterSpec spec(String name, AdapterConfig config) {
    return new AdapterSpec(config, TargetModules.allLinear())
        .seeded(9)
        .startedBy(Initializers.named(name));
  }

  private static Mlp mlp() {
    return Mlp.random(DataType.FLOAT64, 1);
  }

  private static double[] output(PeftModel<Mlp> model) {
    Tensor x = Mlp.normal(DataType.FLOAT64, new Random(11), 1, 8, Mlp.IN);
    try (Tape t = model.inference()) {
      return model.model().forward(t, x).value().toDoubles();
    }
  }
}
