package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.adapters.MlpRuns.adapted;
import static org.peft4j.adapters.MlpRuns.mlp;
import static org.peft4j.adapters.MlpRuns.moved;
import static org.peft4j.adapters.MlpRuns.output;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.convert.LoraExport;
import org.peft4j.convert.LoraReport;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.StateDict;
import org.peft4j.spec.AdapterInfo;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.EmbeddingModel;
import org.peft4j.testkit.Mlp;

/** Adapters of every method as plain LoRA. */
class LoraExportTest {

  private static final double EXACT = 1e-10;

  @TempDir Path folder;

  /** Each with the ranks that its updates of [32, 24] and [16, 32] need. */
  static Stream<Arguments> products() {
    return Stream.of(
        Arguments.of(new LoraConfig(4, 8), 4, 4),
        Arguments.of(new LoraConfig(4, 8, 0.1, true, true), 4, 4),
        Arguments.of(new LoraConfig(40, 8), 24, 16),
        Arguments.of(new MissConfig(4), 4, 4),
        Arguments.of(new MissConfig(5), 5, 5),
        Arguments.of(new MissConfig(30), 24, 16),
        Arguments.of(new MissConfig(8, 0, 4, MissConfig.Form.MINI), 4, 4),
        Arguments.of(new VeraConfig(7), 7, 7),
        Arguments.of(new VeraConfig(50), 24, 16),
        Arguments.of(new SvfitConfig(5), 5, 5),
        Arguments.of(new SvfitConfig(), 24, 16));
  }

  @ParameterizedTest
  @MethodSource("products")
  void computesTheSameAsItIs(AdapterConfig config) throws IOException {
    PeftModel<Mlp> model = moved(adapted(config), 0.3);

    LoraReport report = model.saveAsLora("default", folder);

    PeftModel<Mlp> plain = Peft.load(mlp(), folder);
    assertThat(plain.spec("default").config()).isInstanceOf(LoraConfig.class);
    assertThat(output(plain)).containsExactly(output(model), within(EXACT));
    assertThat(report.largestError()).isZero();
  }

  @ParameterizedTest
  @MethodSource("products")
  void computesTheSameAtTheSmallestRank(AdapterConfig config, int first, int second)
      throws IOException {
    PeftModel<Mlp> model = moved(adapted(config), 0.3);

    LoraReport report = model.saveAsLora("default", folder, new LoraExport());

    PeftModel<Mlp> plain = Peft.load(mlp(), folder);
    assertThat(output(plain)).containsExactly(output(model), within(EXACT));
    assertThat(report.layers().stream().map(LoraReport.Layer::after))
        .containsExactly(first, second);
    assertThat(report.largestError()).isLessThan(1e-12);
    assertThat(plain.parameters("default").get("lin0.lora_A.weight").shape())
        .isEqualTo(Shape.of(first, Mlp.IN));
    assertThat(plain.parameters("default").get("lin1.lora_B.weight").shape())
        .isEqualTo(Shape.of(Mlp.OUT, second));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, -2, 0})
  void countsAsOftenAsTheAdapterDoesNow(double factor) throws IOException {
    PeftModel<Mlp> model = moved(adapted(new LoraConfig(4, 8, 0, false, true)), 0.3);
    model.scale("default", factor);

    model.saveAsLora("default", folder.resolve("plain"));
    model.saveAsLora("default", folder.resolve("small"), new LoraExport());

    for (String name : new String[] {"plain", "small"}) {
      assertThat(output(Peft.load(mlp(), folder.resolve(name))))
          .containsExactly(output(model), within(EXACT));
    }
  }

  @Test
  void keepsFactorsAndSettingsThatAreLoraAlready() throws IOException {
    PeftModel<Mlp> model = moved(adapted(new LoraConfig(4, 7, 0.25, true, true)), 0.3);

    model.saveAsLora("default", folder);

    PeftModel<Mlp> plain = Peft.load(mlp(), folder);
    assertThat(plain.spec("default").config()).isEqualTo(new LoraConfig(4, 7, 0.25, true, true));
    plain
        .parameters("default")
        .forEach(
            (path, tensor) ->
                assertThat(tensor.value().toDoubles())
                    .as(path)
                    .containsExactly(model.parameters("default").get(path).value().toDoubles()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theScaleStaysRightWhereRanksDiffer(boolean useRslora) throws IOException {
    AdapterSpec some =
        new AdapterSpec(new LoraConfig(6, 3, 0, useRslora, false), TargetModules.allLinear());
    AdapterSpec spec = some.withPatterns(Map.of("lin1", 3), Map.of("lin1", 5.0)).seeded(0);
    PeftModel<Mlp> model = moved(Peft.adapt(mlp(), spec), 0.3);

    model.saveAsLora("default", folder, new LoraExport());

    PeftModel<Mlp> plain = Peft.load(mlp(), folder);
    assertThat(output(plain)).containsExactly(output(model), within(EXACT));
    assertThat(plain.spec("default").rankPattern()).isEqualTo(Map.of("lin1", 3));
    assertThat(plain.spec("default").alphaPattern().get("lin1")).isCloseTo(5, within(EXACT));
  }

  @Test
  void balancesTheFactors() throws IOException {
    PeftModel<Mlp> model = moved(adapted(new LoraConfig(3, 12)), 0.3);

    model.saveAsLora("default", folder, new LoraExport());

    Map<String, Tensor> parameters = Peft.load(mlp(), folder).parameters("default");
    double[] a = parameters.get("lin0.lora_A.weight").value().toDoubles();
    double[] b = parameters.get("lin0.lora_B.weight").value().toDoubles();
    for (int i = 0; i < 3; i++) {
      int component = i;
      double ofA = Arrays.stream(a, i * Mlp.IN, (i + 1) * Mlp.IN).map(v -> v * v).sum();
      double ofB = 0;
      for (int row = 0; row < Mlp.HIDDEN; row++) {
        ofB += b[row * 3 + component] * b[row * 3 + component];
      }
      assertThat(ofA).isPositive().isCloseTo(ofB, within(EXACT));
    }
  }

  @Test
  void leavesTheModelWithTheAdaptersItHad() throws IOException {
    PeftModel<Mlp> model = moved(adapted(new BoneConfig(8)), 0.1);
    model.add(new AdapterSpec(new MissConfig(4), TargetModules.allLinear()).named("other"));
    double[] before = output(model);

    model.saveAsLora("other", folder, new LoraExport());
    assertThat(output(model)).containsExactly(before);

    model.activate("other");
    moved(model, 0.3);
    model.saveAsLora("default", folder, new LoraExport().atMost(24));
    model.activate("default");

    assertThat(output(Peft.load(mlp(), folder))).containsExactly(output(model), within(1e-9));
  }

  @Test
  void takesModulesThatAreTrainedWholeAlong() throws IOException {
    AdapterSpec spec =
        new AdapterSpec(new MissConfig(4), TargetModules.names("lin0")).saving("lin1");
    PeftModel<Mlp> model = moved(Peft.adapt(mlp(), spec), 0.3);

    model.saveAsLora("default", folder, new LoraExport());

    assertThat(output(Peft.load(mlp(), folder))).containsExactly(output(model), within(EXACT));
  }

  @Test
  void keepsWhatTheFileSaysOfTheModelAndNotWhatItSaysOfTheMethod() throws IOException {
    AdapterInfo info =
        new AdapterInfo(
            Optional.of("some/model"),
            Optional.of("main"),
            Optional.of("CAUSAL_LM"),
            Map.of("vera_something", 3));
    PeftModel<Mlp> model =
        Peft.adapt(
            mlp(), new AdapterSpec(new VeraConfig(4), TargetModules.allLinear()).describedBy(info));

    model.saveAsLora("default", folder);

    AdapterInfo plain = Peft.load(mlp(), folder).spec("default").info();
    assertThat(plain.baseModel()).contains("some/model");
    assertThat(plain.revision()).contains("main");
    assertThat(plain.taskType()).contains("CAUSAL_LM");
    assertThat(plain.others()).doesNotContainKey("vera_something");
  }

  @Test
  void embeddingsAreExportedToo() throws IOException {
    int[] ids = {0, 3, 3, 7, 1, 2, 4, 5, 6, 0};
    AdapterSpec spec = new AdapterSpec(new LoraConfig(3, 6), TargetModules.names("emb"));
    PeftModel<EmbeddingModel> model = Peft.adapt(embeddings(), spec);
    Tensor a = model.parameters("default").get("emb.lora_embedding_A");
    double[] values = a.value().toDoubles();
    Arrays.setAll(values, i -> Math.sin(i));
    a.value().put(values);

    model.saveAsLora("default", folder, new LoraExport());

    PeftModel<EmbeddingModel> plain = Peft.load(embeddings(), folder);
    try (Tape t = model.inference();
        Tape other = plain.inference()) {
      assertThat(plain.model().forward(other, ids).value().toDoubles())
          .containsExactly(model.model().forward(t, ids).value().toDoubles(), within(EXACT));
    }
  }

  private static EmbeddingModel embeddings() {
    Random random = new Random(2);
    Map<String, Tensor> weights = new LinkedHashMap<>();
    weights.put("emb.weight", Mlp.normal(DataType.FLOAT64, random, 1, 20, 24));
    weights.put("lin.weight", Mlp.normal(DataType.FLOAT64, random, 1, 16, 24));
    return EmbeddingModel.of(new StateDict(weights));
  }

  @Test
  void rejectsSettingsThatMeanNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LoraExport().atMost(0))
        .withMessage("rank must be at least 1 but was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LoraExport().within(1))
        .withMessage("tolerance must be at least 0 and below 1 but was 1.0");
  }
}
