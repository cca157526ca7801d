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
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.Lookup;
import org.peft4j.convert.LoraExport;
import org.peft4j.convert.LoraReport;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.StateDict;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.EmbeddingModel;
import org.peft4j.testkit.Mlp;

/** What becomes of updates that plain LoRA holds only in part, or not at all. */
class LoraTruncationTest {

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("matrices")
  void losesLessTheHigherTheRankAndNothingAtTheFullOne(AdapterConfig config) throws IOException {
    PeftModel<Mlp> model = moved(adapted(config), 0.1);
    double before = Double.POSITIVE_INFINITY;
    for (int rank : new int[] {1, 8, 24}) {
      LoraReport report = model.saveAsLora("default", folder, new LoraExport().atMost(rank));
      double worst = report.largestError();

      assertThat(worst).isLessThan(before);
      Mlp plain = Peft.load(mlp(), folder).merge();
      for (LoraReport.Layer layer : report.layers()) {
        assertThat(layer.error()).isCloseTo(lost(layer.path(), plain, model.merge()), within(1e-9));
      }
      before = worst;
    }
    assertThat(before).isLessThan(1e-9);
    assertThat(output(Peft.load(mlp(), folder))).containsExactly(output(model), within(1e-9));
  }

  static Stream<AdapterConfig> matrices() {
    return Stream.of(
        new BoneConfig(8),
        new BoneConfig(8, BoneConfig.Orientation.OUT_BLOCK),
        new DoraConfig(4, 8),
        new MissConfig(30),
        new SvfitConfig());
  }

  /** {@code |Δ − Δ'| / |Δ|}. */
  private static double lost(String path, Mlp plain, Mlp merged) {
    double[] base = weight(path, mlp());
    double[] is = weight(path, plain);
    double[] should = weight(path, merged);
    double difference = 0;
    double update = 0;
    for (int i = 0; i < base.length; i++) {
      difference += (is[i] - should[i]) * (is[i] - should[i]);
      update += (base[i] - should[i]) * (base[i] - should[i]);
    }
    return Math.sqrt(difference / update);
  }

  private static double[] weight(String path, Mlp mlp) {
    return (path.equals("lin0") ? mlp.lin0() : mlp.lin1())
        .weight()
        .pretrained()
        .value()
        .toDoubles();
  }

  @Test
  void leavesOutWhatTheToleranceAllows() throws IOException {
    PeftModel<Mlp> model = adapted(new SvfitConfig(4));
    model.parameters("default").get("lin0.svfit_delta").value().put(new double[] {1, 0.5, 1e-3, 0});
    model.parameters("default").get("lin1.svfit_delta").value().put(new double[] {0, 0, -3, 2});

    LoraReport fine = model.saveAsLora("default", folder, new LoraExport());
    LoraReport coarse = model.saveAsLora("default", folder, new LoraExport().within(1e-2));

    assertThat(fine.layers())
        .usingRecursiveComparison()
        .withEqualsForType((x, y) -> Math.abs(x - y) < 1e-9, Double.class)
        .isEqualTo(
            List.of(new LoraReport.Layer("lin0", 4, 3, 0), new LoraReport.Layer("lin1", 4, 2, 0)));
    assertThat(coarse.layers().get(0).after()).isEqualTo(2);
    assertThat(coarse.layers().get(0).error())
        .isCloseTo(1e-3 / Math.sqrt(1.25 + 1e-6), within(1e-9));
  }

  @ParameterizedTest
  @MethodSource("matricesAndProducts")
  void anUpdateOfNothingBecomesLoraThatCanStillBeTrained(AdapterConfig config) throws IOException {
    PeftModel<Mlp> model = adapted(config);

    LoraReport report = model.saveAsLora("default", folder, new LoraExport().atMost(9));

    assertThat(report.layers().stream().map(LoraReport.Layer::after)).containsExactly(1, 1);
    assertThat(report.largestError()).isZero();
    PeftModel<Mlp> plain = Peft.load(mlp(), folder);
    assertThat(output(plain)).containsExactly(output(Peft.host(mlp())));
    Tensor a = plain.parameters("default").get("lin1.lora_A.weight");
    assertThat(Arrays.stream(a.value().toDoubles()).map(v -> v * v).sum())
        .isCloseTo(1, within(1e-10));
  }

  static Stream<AdapterConfig> matricesAndProducts() {
    return Stream.concat(
        matrices(), LoraExportTest.products().map(p -> (AdapterConfig) p.get()[0]));
  }

  @Test
  void whatIsNoProductNeedsARank() {
    PeftModel<Mlp> model = moved(adapted(new BoneConfig(8)), 0.1);
    String message =
        "adapter default is bone, whose update of lin0 [32, 24] is no product of thin factors; to"
            + " write the nearest one as LoRA, say which rank it may have (--rank N)";

    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.saveAsLora("default", folder))
        .withMessage(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.saveAsLora("default", folder, new LoraExport()))
        .withMessage(message);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatChangesTheBiasIsRefused() {
    PeftModel<Mlp> model = moved(adapted(new ShiftConfig()), 0.1);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.saveAsLora("default", folder, new LoraExport().atMost(4)))
        .withMessage("adapter default is shift and changes lin0.bias, which plain LoRA cannot");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void anEmbeddingTakesProductsOnly() {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    weights.put("emb.weight", Mlp.normal(DataType.FLOAT64, new Random(2), 1, 20, 24));
    weights.put("lin.weight", Mlp.normal(DataType.FLOAT64, new Random(3), 1, 16, 24));
    PeftModel<EmbeddingModel> model =
        Peft.adapt(
            EmbeddingModel.of(new StateDict(weights)),
            new AdapterSpec(new ShiftConfig(), TargetModules.names("emb")));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.saveAsLora("default", folder, new LoraExport().atMost(4)))
        .withMessage(
            "adapter default is shift, whose update of emb [20, 24] is no product of thin factors;"
                + " that of an embedding cannot be written as LoRA");
  }

  /** Adds a trained vector to every output. */
  private record ShiftConfig() implements AdapterConfig {

    @Override
    public String type() {
      return "SHIFT";
    }

    @Override
    public String method() {
      return "shift";
    }

    @Override
    public Adapter create(AdapterSite site) {
      return new ShiftAdapter(site.full(0, site.out()));
    }

    @Override
    public EmbeddingAdapter createForEmbedding(AdapterSite site) {
      return new ShiftEmbeddingAdapter(site.full(0, site.in()));
    }
  }

  private record ShiftAdapter(Tensor shift) implements Adapter {

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of("shift", shift);
    }

    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      return t.addBias(base.apply(t, x), shift, 1);
    }
  }

  private record ShiftEmbeddingAdapter(Tensor shift) implements EmbeddingAdapter {

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of("shift", shift);
    }

    @Override
    public Tensor forward(Tape t, int[] ids, Lookup base) {
      return t.addBias(base.rows(t, ids), shift, 1);
    }
  }
}
