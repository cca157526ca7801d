package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.peft4j.adapters.LoraConfig;
import org.peft4j.convert.LoraExport;
import org.peft4j.convert.LoraReport;
import org.peft4j.initializer.Initializers;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;

/** Adapters that started at B·A other than zero, as plain LoRA. */
class MovedExportTest {

  private static final double EXACT = 1e-10;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"pissa,false", "pissa,true", "olora,true", "pissa_niter_1,false"})
  void becomesPlainLoraOfTwiceTheRank(String name, boolean useRslora) throws IOException {
    LoraConfig config = new LoraConfig(4, 8, 0, useRslora, true);
    AdapterSpec plain = spec(name, config);
    PeftModel<Mlp> model =
        Peft.adapt(mlp(), plain.withPatterns(Map.of("lin1", 2), Map.of("lin1", 3.0)).seeded(9));
    move(model, 4, 0.1);

    model.saveAsLora("default", folder);

    PeftModel<Mlp> loaded = Peft.load(mlp(), folder);
    assertThat(output(loaded)).containsExactly(output(model), within(EXACT));
    LoraConfig converted = (LoraConfig) loaded.spec("default").config();
    assertThat(converted.rank()).isEqualTo(8);
    assertThat(converted.alpha()).isCloseTo(useRslora ? 8 * Math.sqrt(2) : 16, within(EXACT));
    assertThat(loaded.spec("default").rankPattern()).isEqualTo(Map.of("lin1", 4));
    assertThat(Files.readString(folder.resolve("adapter_config.json"))).doesNotContain(name);
    assertThat(folder.resolve("adapter_start.safetensors")).doesNotExist();
  }

  @Test
  void anAdapterThatStartedAtZeroIsPlainLoraAsItIs() throws IOException {
    PeftModel<Mlp> model = moved("gaussian", 0.1);

    model.saveAsLora("default", folder);

    PeftModel<Mlp> loaded = Peft.load(mlp(), folder);
    assertThat(output(loaded)).containsExactly(output(model));
    assertThat(loaded.spec("default").config()).isEqualTo(new LoraConfig(4, 8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"pissa", "pissa_niter_2", "olora"})
  void rightAfterTheStartThereIsNothingToWrite(String name) throws IOException {
    for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT64}) {
      PeftModel<Mlp> model = Peft.adapt(Mlp.random(type, 1), spec(name, new LoraConfig(4, 8)));

      LoraReport report = model.saveAsLora("default", folder, new LoraExport());

      assertThat(report.layers())
          .containsExactly(
              new LoraReport.Layer("lin0", 8, 1, 0), new LoraReport.Layer("lin1", 8, 1, 0));
      assertThat(output(Peft.load(Mlp.random(type, 1), folder)))
          .containsExactly(output(Peft.host(Mlp.random(type, 1))));
    }
  }

  @ParameterizedTest
  @CsvSource({"pissa,FLOAT32,1e-6", "olora,FLOAT32,1e-6", "pissa,FLOAT64,1e-12"})
  void afterTrainingItIsAtMostTwiceTheRank(String name, DataType type, double tolerance)
      throws IOException {
    PeftModel<Mlp> model = Peft.adapt(Mlp.random(type, 1), spec(name, new LoraConfig(4, 8)));
    move(model, 4, 0.01);

    LoraReport report = model.saveAsLora("default", folder, new LoraExport());

    assertThat(report.layers()).allMatch(layer -> layer.before() == 8 && layer.after() == 8);
    assertThat(report.largestError()).isLessThan(1e-6);
    PeftModel<Mlp> plain = Peft.load(Mlp.random(type, 1), folder);
    assertThat(output(plain)).containsExactly(output(model), within(10 * tolerance));
  }

  /** Both factors move in one direction only: the change of a product has rank two. */
  @Test
  void findsTheRankThatTrainingUsed() throws IOException {
    PeftModel<Mlp> model = moved("pissa", 0);
    for (String layer : new String[] {"lin0", "lin1"}) {
      add(model, layer + ".lora_A.weight", 0);
      add(model, layer + ".lora_B.weight", 1);
    }

    LoraReport report = model.saveAsLora("default", folder, new LoraExport());

    assertThat(report.layers()).allMatch(layer -> layer.before() == 8 && layer.after() == 2);
    assertThat(output(Peft.load(mlp(), folder))).containsExactly(output(model), within(EXACT));
  }

  /** Adds 0.1 to row {@code index} of A, or column {@code index} of B. */
  private static void add(PeftModel<Mlp> model, String path, int index) {
    Tensor tensor = model.trainable().get(path);
    double[] values = tensor.value().toDoubles();
    int columns = tensor.shape().columns();
    for (int at = 0; at < values.length; at++) {
      boolean isMeant = (path.contains("lora_A") ? at / columns : at % columns) == index;
      values[at] += isMeant ? 0.1 : 0;
    }
    tensor.value().put(values);
  }

  @Test
  void aSmallerRankLosesWhatTheReportSays() throws IOException {
    PeftModel<Mlp> model = moved("pissa", 0.1);
    double before = 1;
    for (int rank = 1; rank <= 8; rank++) {
      double error =
          model.saveAsLora("default", folder, new LoraExport().atMost(rank)).largestError();
      assertThat(error).isLessThan(before);
      before = error;
    }
    assertThat(before).isZero();
  }

  private static PeftModel<Mlp> moved(String name, double deviation) {
    PeftModel<Mlp> model = Peft.adapt(mlp(), spec(name, new LoraConfig(4, 8)));
    move(model, 4, deviation);
    return model;
  }

  private static void move(PeftModel<Mlp> model, long seed, double deviation) {
    Random random = new Random(seed);
    for (Tensor tensor : model.trainable().values()) {
      double[] values = tensor.value().toDoubles();
      for (int i = 0; i < values.length; i++) {
        values[i] += deviation * random.nextGaussian();
      }
      tensor.value().put(values);
    }
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
    Tensor x = Mlp.normal(model.type(), new Random(11), 1, 8, Mlp.IN);
    try (Tape t = model.inference()) {
      return model.model().forward(t, x).value().toDoubles();
    }
  }
}
