package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.StartListener;
import org.peft4j.StartReport;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.calibrate.Calibration;
import org.peft4j.calibrate.Statistics;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Initializers;
import org.peft4j.initializer.PositionMarks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Linear;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.Sites;
import org.peft4j.testkit.TinyDecoder;
import org.peft4j.train.Loss;

class EvaStartTest implements StartContract {

  private static final String NAME = new EvaStart().statistic().name();

  @TempDir Path folder;

  @Override
  public Initializer start() {
    return new EvaStart();
  }

  @Test
  void startsFromTheDirectionsInWhichInputsVaryMost() {
    Statistics statistics = gathered(spec());

    PeftModel<Mlp> model = Peft.adapt(mlp(), Preparation.knowing(statistics), spec());

    for (String layer : List.of("lin0", "lin1")) {
      PrincipalComponents found = PrincipalComponents.of(layer, statistics.of(layer).get(NAME));
      Matrix a = rows(model, layer);
      assertThat(a.toArray()).containsExactly(found.rows(a.rows()).toArray());
      assertThat(a.timesTranspose(a).minus(Matrix.identity(a.rows())).norm()).isLessThan(1e-12);
      assertThat(model.trainable().get(layer + ".lora_B.weight").value().toDoubles())
          .containsOnly(0);
    }
  }

  @Test
  void tellsTheRankOfEveryLayerAndTheVarianceThatItHolds() {
    Statistics statistics = gathered(spec());
    PeftModel<Mlp> model = Peft.adapt(mlp(), Preparation.knowing(statistics), spec());

    List<StartReport> starts = model.starts("default");

    assertThat(starts).extracting(StartReport::layer).containsExactly("lin0", "lin1");
    assertThat(starts.stream().mapToInt(start -> start.facts().rank()).sum()).isEqualTo(8);
    starts.forEach(
        start -> {
          double[] shares =
              PrincipalComponents.of(start.layer(), statistics.of(start.layer()).get(NAME))
                  .shares();
          assertThat(start.facts().energy().orElseThrow())
              .isCloseTo(Arrays.stream(shares).limit(start.facts().rank()).sum(), within(1e-12))
              .isBetween(0.1, 1.0);
        });
  }

  @Test
  void aLayerWhoseInputsWouldNotProfitGetsNoAdapter() throws IOException {
    PeftModel<Mlp> model = Peft.adapt(mlp(), onlyTheFirstLayer(), spec(new LoraConfig(2, 4)));
    move(model);

    model.save(folder);
    PeftModel<Mlp> loaded = Peft.load(mlp(), folder);

    assertThat(rows(model, "lin0").rows()).isEqualTo(4);
    for (PeftModel<Mlp> each : List.of(model, loaded)) {
      assertThat(each.trainable()).containsOnlyKeys("lin0.lora_A.weight", "lin0.lora_B.weight");
      assertThat(each.report().layers()).containsExactly("lin0");
      assertThat(each.spec("default").targets()).isEqualTo(TargetModules.names("lin0"));
      assertThat(each.spec("default").rankPattern()).isEqualTo(Map.of("lin0", 4));
      assertThat(each.spec("default").alphaPattern()).isEqualTo(Map.of("lin0", 8.0));
      Mlp merged = each.merge();
      assertThat(weight(merged.lin1())).isEqualTo(weight(mlp().lin1()));
      assertThat(weight(merged.lin0())).isNotEqualTo(weight(mlp().lin0()));
    }
    assertThat(model.starts("default")).extracting(StartReport::layer).containsExactly("lin0");
    assertThat(output(loaded)).containsExactly(output(model));
  }

  @Test
  void ranksThatDifferAreTheRanksAskedFor() {
    AdapterSpec asked = spec().withPatterns(Map.of("lin0", 1, "lin1", 6), Map.of("lin1", 3.0));

    PeftModel<Mlp> wide = adapted(asked);
    PeftModel<Mlp> kept = adapted(asked.startedBy(new EvaStart().withRho(1)));

    assertThat(rows(wide, "lin0").rows()).isEqualTo(2);
    assertThat(rows(wide, "lin1").rows()).isEqualTo(5);
    assertThat(wide.spec("default").alphaPattern()).isEqualTo(Map.of("lin0", 16.0, "lin1", 2.5));
    assertThat(kept.spec("default").rankPattern()).isEqualTo(Map.of("lin0", 1, "lin1", 6));
    assertThat(kept.spec("default").alphaPattern()).isEqualTo(Map.of("lin1", 3.0));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyLayerKeepsTheScaleOfTheRankAskedFor(boolean useRslora) {
    AdapterSpec spec = spec(new LoraConfig(4, 8, 0, useRslora, false));
    PeftModel<Mlp> model = adapted(spec);

    double[] effects =
        model.report().layers().stream().mapToDouble(layer -> effect(model, layer)).toArray();

    double scaling = ((LoraConfig) spec.config()).scaling();
    assertThat(model.spec("default").rankPattern()).hasSize(2);
    assertThat(effects).containsExactly(new double[] {scaling, scaling}, within(1e-12));
  }

  @Test
  void orKeepsItsAlpha() {
    PeftModel<Mlp> model = adapted(spec().startedBy(new EvaStart(2, 0.99, true, false, false)));

    assertThat(model.spec("default").alphaPattern()).isEmpty();
    model
        .spec("default")
        .rankPattern()
        .forEach(
            (layer, rank) -> assertThat(effect(model, layer)).isCloseTo(8.0 / rank, within(1e-12)));
    assertThat(model.spec("default").rankPattern()).hasSize(2);
  }

  @Test
  void doraStartsTheSameWay() {
    PeftModel<Mlp> lora = adapted(spec());
    PeftModel<Mlp> dora = adapted(spec(new DoraConfig(4, 8)));

    assertThat(rows(dora, "lin0").toArray()).containsExactly(rows(lora, "lin0").toArray());
    assertThat(dora.spec("default").rankPattern()).isEqualTo(lora.spec("default").rankPattern());
    assertThat(output(dora)).containsExactly(output(Peft.host(mlp())), within(1e-12));
  }

  @Test
  void layersThatShareTheirInputsShareWhatIsFoundOut() {
    AdapterSpec spec = decoderSpec(new EvaStart());
    Statistics statistics = gatheredOfDecoder(spec);

    PeftModel<TinyDecoder> model = Peft.adapt(decoder(), Preparation.knowing(statistics), spec);

    Map<String, Buffer> shared = statistics.of("q_proj").get(NAME);
    assertThat(statistics.of("k_proj").get(NAME)).isSameAs(shared);
    assertThat(statistics.of("v_proj").get(NAME)).isSameAs(shared);
    assertThat(statistics.of("up_proj").get(NAME)).isSameAs(statistics.of("gate_proj").get(NAME));
    assertThat(statistics.of("up_proj").get(NAME)).isNotSameAs(shared);
    Matrix q = rows(model, "q_proj");
    for (String other : List.of("k_proj", "v_proj")) {
      Matrix a = rows(model, other);
      assertThat(a.toArray()).isEqualTo(q.rows(0, a.rows()).toArray());
    }
    int all = model.starts("default").stream().mapToInt(start -> start.facts().rank()).sum();
    assertThat(all).isEqualTo(2 * 7);
  }

  @Test
  void whitensOnceHoweverManyLayersShareTheirInputs() {
    AdapterSpec plain = decoderSpec(new EvaStart(1, 0.99, true, false, true));
    AdapterSpec white = decoderSpec(new EvaStart(1, 0.99, true, true, true));
    Statistics statistics = gatheredOfDecoder(plain);
    PeftModel<TinyDecoder> model =
        Peft.adapt(decoder(), Preparation.knowing(statistics), plain, white.named("white"));

    for (String layer : List.of("q_proj", "k_proj", "v_proj")) {
      double[] values =
          PrincipalComponents.of(
                  layer,
                  statistics
                      .of(layer)
                      .get(plain.initializer().map(EvaStartTest::statistic).orElseThrow()))
              .singularValues();
      double[] roots = Arrays.stream(values).map(s -> 1 / Math.sqrt(s)).limit(2).toArray();
      Matrix whitened = Matrix.of(model.parameters("white").get(layer + ".lora_A.weight").value());
      assertThat(whitened.toArray())
          .containsExactly(
              Matrix.of(model.parameters("default").get(layer + ".lora_A.weight").value())
                  .scaleRows(roots)
                  .toArray(),
              within(1e-14));
    }
  }

  @Test
  void paddingDoesNotMatterAndLabelsDoUnlessToldOtherwise() {
    Tensor real = inputs(1, 40);
    PositionMarks all = PositionMarks.all(40);
    boolean[] everySecond = new boolean[40];
    IntStream.range(0, 20).forEach(i -> everySecond[2 * i] = true);
    PositionMarks labels = new PositionMarks(new int[40], everySecond);
    int[] sequences = new int[48];
    Arrays.fill(sequences, 40, 48, -1);
    boolean[] labelled = new boolean[48];
    Arrays.fill(labelled, true);
    Tensor padded = padded(real, 48);

    double[] expected = start(new EvaStart(), real, all);
    assertThat(start(new EvaStart(), padded, new PositionMarks(sequences, labelled)))
        .isEqualTo(expected);
    assertThat(start(new EvaStart(), real, labels)).isNotEqualTo(expected);
    assertThat(start(new EvaStart(2, 0.99, false, false, true), real, labels)).isEqualTo(expected);
  }

  @Test
  void statisticsThatWereSavedGiveTheSameStartBitForBit() throws IOException {
    Statistics statistics = gathered(spec());
    statistics.save(folder.resolve("statistics.safetensors"));

    PeftModel<Mlp> straight = adapted(spec());
    PeftModel<Mlp> later =
        Peft.adapt(
            mlp(),
            Preparation.knowing(Statistics.load(folder.resolve("statistics.safetensors"))),
            spec());

    assertThat(later.trainable().keySet()).isEqualTo(straight.trainable().keySet());
    later
        .trainable()
        .forEach(
            (path, tensor) ->
                assertThat(tensor.value().toDoubles())
                    .containsExactly(straight.trainable().get(path).value().toDoubles()));
  }

  @Test
  void showsTheDataAgainUntilTheComponentsSettle() {
    Heard heard = new Heard();
    Mlp mlp = mlp();

    Peft.adapt(mlp, Preparation.on(calibration(mlp, batches(2, 30))).heardBy(heard), spec());

    assertThat(heard.batches).hasSizeBetween(3, 20);
    assertThat(heard.layers).containsExactly("default 1 of 2", "default 2 of 2");
  }

  @Test
  void theLimitOfBatchesEndsWhatNeverSettles() {
    Heard heard = new Heard();
    Mlp mlp = mlp();
    AdapterSpec never = spec().startedBy(new EvaStart(2, 1, true, false, true));

    PeftModel<Mlp> model =
        Peft.adapt(
            mlp,
            Preparation.on(calibration(mlp, batches(3, 30)).showingAtMost(10)).heardBy(heard),
            never);

    assertThat(heard.batches).hasSize(10);
    assertThat(model.starts("default").stream().mapToInt(start -> start.facts().rank()).sum())
        .isEqualTo(8);
  }

  @Test
  void readsItsFilesWithoutData() throws IOException {
    PeftModel<Mlp> model = adapted(spec());
    move(model);
    model.save(folder);

    PeftModel<Mlp> loaded = Peft.load(mlp(), folder);

    assertThat(output(loaded)).containsExactly(output(model));
    loaded.save(folder.resolve("again"));
    assertThat(folder.resolve("again/adapter_config.json"))
        .hasSameBinaryContentAs(folder.resolve("adapter_config.json"));
  }

  @Test
  void wantsToSeeData() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Peft.adapt(mlp(), spec()))
        .withMessage(
            "eva needs to see data before it can start: adapt with a Preparation that holds a"
                + " calibration, or statistics gathered before");
  }

  @Test
  void refusesStatisticsGatheredForASmallerRank() {
    Statistics small = gathered(spec(new LoraConfig(2, 8)));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Peft.adapt(mlp(), Preparation.knowing(small), spec()))
        .withMessage(
            "lin0: the statistics hold 4 components of the inputs, but the rank asked for takes 8;"
                + " gather them for that rank");
  }

  @Test
  void takesStatisticsGatheredForALargerRank() {
    Statistics large = gathered(spec(new LoraConfig(6, 8)));

    PeftModel<Mlp> model = Peft.adapt(mlp(), Preparation.knowing(large), spec());

    assertThat(model.starts("default").stream().mapToInt(start -> start.facts().rank()).sum())
        .isEqualTo(8);
  }

  @Test
  void namesTheLayerWhoseInputsAreNotFinite() {
    Mlp mlp = mlp();
    Tensor broken = inputs(1, 30);
    double[] values = broken.value().toDoubles();
    values[5] = Double.NaN;
    broken.value().put(values);

    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Peft.adapt(mlp, Preparation.on(calibration(mlp, List.of(broken))), spec()))
        .withMessage("lin0: the inputs must hold finite numbers but has NaN at row 0, column 5");
  }

  @Test
  void namesTheLayerThatSawTooFewRowsAtATime() {
    Mlp mlp = mlp();

    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                Peft.adapt(
                    mlp, Preparation.on(calibration(mlp, batches(2, 7)).showingAtMost(4)), spec()))
        .withMessageStartingWith(
            "lin0: no batch has as many rows that count as components are wanted, 8; the largest"
                + " has 7.");
  }

  @Test
  void cannotWhitenInputsThatDoNotVary() {
    Mlp mlp = mlp();
    Tensor equal = Mlp.normal(DataType.FLOAT64, new Random(1), 0, 30, Mlp.IN);

    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Peft.adapt(
                    mlp,
                    Preparation.on(calibration(mlp, List.of(equal)).showingAtMost(2)),
                    spec().startedBy(new EvaStart(1, 0.99, true, true, true))))
        .withMessage(
            "lin0: the inputs do not vary in 4 directions, so they cannot be whitened; ask for a"
                + " smaller rank, or do not whiten");
  }

  @Test
  void refusesStatisticsOfAnotherModel() {
    Statistics statistics = gathered(spec());
    EvaStart eva = new EvaStart();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> eva.start(site(5), 2, 1, statistics.of("lin0").get(NAME)))
        .withMessage("here: the statistics are of 24 inputs, but the layer has 5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> eva.start(site(24), 9, 1, statistics.of("lin0").get(NAME)))
        .withMessage(
            "here: the statistics hold 8 components of the inputs, but the rank asked for takes"
                + " 9; gather them for that rank");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> eva.start(site(24), 2, 1, Map.of()))
        .withMessage("here: the statistics hold [] but no components");
  }

  @Test
  void rejectsSettingsThatMakeNoSense() {
    for (double rho : new double[] {0.9, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new EvaStart().withRho(rho))
          .withMessage("rho must be at least 1 but was " + rho);
    }
    for (double tau : new double[] {0, -1, 1.01, Double.NaN}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new EvaStart(2, tau, true, false, true))
          .withMessage("tau must be above 0 and at most 1 but was " + tau);
    }
  }

  @Test
  void isFoundByItsName() {
    assertThat(Initializers.named("eva")).isEqualTo(new EvaStart());
  }

  /** Whose first layer sees inputs that vary in 4 directions, the second in 32. */
  private static Preparation onlyTheFirstLayer() {
    Mlp mlp = mlp();
    Tensor narrow = Tensor.of(Buffer.allocate(DataType.FLOAT64, Shape.of(64, Mlp.IN)));
    double[] values = new double[64 * Mlp.IN];
    IntStream.range(0, 64).forEach(i -> values[i * Mlp.IN + i % 4] = i % 8 < 4 ? 1 : -1);
    narrow.value().put(values);
    Tensor wide = Mlp.normal(DataType.FLOAT64, new Random(4), 1, 64, Mlp.HIDDEN);
    Calibration<Boolean> calibration =
        new Calibration<>(
            (t, any) -> {
              mlp.lin0().forward(t, narrow);
              return new Loss(mlp.lin1().forward(t, wide), 1);
            },
            any -> PositionMarks.all(64),
            List.of(true, false));
    return Preparation.knowing(
        Peft.host(mlp).gather(calibration, StartListener.NONE, spec(new LoraConfig(2, 4))));
  }

  /** A of the first layer, started on what one batch shows. */
  private static double[] start(EvaStart eva, Tensor x, PositionMarks marks) {
    Mlp mlp = mlp();
    Calibration<Tensor> calibration =
        new Calibration<>((t, in) -> new Loss(mlp.forward(t, in), 1), any -> marks, List.of(x));
    AdapterSpec spec = spec(new LoraConfig(4, 8)).startedBy(eva);
    return rows(Peft.adapt(mlp, Preparation.on(calibration), spec), "lin0").toArray();
  }

  /** The factor s that the layer's update really counts. */
  private static double effect(PeftModel<Mlp> model, String layer) {
    for (String factor : List.of(".lora_A.weight", ".lora_B.weight")) {
      Tensor tensor = model.trainable().get(layer + factor);
      double[] unit = new double[(int) tensor.shape().length()];
      unit[0] = 1;
      tensor.value().put(unit);
    }
    Mlp merged = model.merge();
    return layer.equals("lin0")
        ? weight(merged.lin0())[0] - weight(mlp().lin0())[0]
        : weight(merged.lin1())[0] - weight(mlp().lin1())[0];
  }

  private static PeftModel<Mlp> adapted(AdapterSpec spec) {
    return Peft.adapt(mlp(), Preparation.knowing(gathered(spec)), spec);
  }

  private static Statistics gathered(AdapterSpec spec) {
    Mlp mlp = mlp();
    return Peft.host(mlp).gather(calibration(mlp, batches(4, 40)), StartListener.NONE, spec);
  }

  private static Calibration<Tensor> calibration(Mlp mlp, Iterable<Tensor> batches) {
    return new Calibration<>(
        (t, x) -> new Loss(mlp.forward(t, x), 1),
        x -> PositionMarks.all(x.shape().rows()),
        batches);
  }

  private static List<Tensor> batches(int count, int rows) {
    return IntStream.range(0, count).mapToObj(i -> inputs(i, rows)).toList();
  }

  /** Varying much in six columns and little in the others. */
  private static Tensor inputs(long seed, int rows) {
    double[] widths = IntStream.range(0, Mlp.IN).mapToDouble(j -> j < 6 ? 3 : 0.1).toArray();
    Tensor even = Mlp.normal(DataType.FLOAT64, new Random(seed), 1, rows, Mlp.IN);
    Matrix.of(even.value()).scaleColumns(widths).copyTo(even.value());
    return even;
  }

  private static Tensor padded(Tensor x, int rows) {
    Buffer padded = Buffer.allocate(DataType.FLOAT64, Shape.of(rows, Mlp.IN));
    double[] values = new double[rows * Mlp.IN];
    Arrays.fill(values, 99);
    System.arraycopy(x.value().toDoubles(), 0, values, 0, (int) x.shape().length());
    padded.put(values);
    return Tensor.of(padded);
  }

  private static AdapterSpec decoderSpec(EvaStart eva) {
    return new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear()).startedBy(eva);
  }

  private static Statistics gatheredOfDecoder(AdapterSpec spec) {
    TinyDecoder decoder = decoder();
    int[] ids = new Random(5).ints(40, 0, TinyDecoder.VOCABULARY).toArray();
    Calibration<int[]> calibration =
        new Calibration<>(
            (t, tokens) -> new Loss(decoder.forward(t, tokens, 4), 1),
            tokens -> PositionMarks.all(tokens.length),
            List.of(ids));
    return Peft.host(decoder).gather(calibration, StartListener.NONE, spec);
  }

  private static String statistic(Initializer eva) {
    return ((EvaStart) eva).statistic().name();
  }

  private static AdapterSpec spec(AdapterConfig config) {
    return new AdapterSpec(config, TargetModules.allLinear()).seeded(3).startedBy(new EvaStart());
  }

  private static AdapterSite site(int in) {
    Buffer weight = Mlp.normal(DataType.FLOAT64, new Random(2), 1, 3, in).value();
    return Sites.of("here", weight, 7);
  }

  private static Mlp mlp() {
    return Mlp.random(DataType.FLOAT64, 1);
  }

  private static TinyDecoder decoder() {
    return TinyDecoder.random(DataType.FLOAT64, 1);
  }

  private static Matrix rows(PeftModel<?> model, String layer) {
    return Matrix.of(model.trainable().get(layer + ".lora_A.weight").value());
  }

  private static double[] weight(Linear layer) {
    return layer.weight().pretrained().value().toDoubles();
  }

  private static void move(PeftModel<Mlp> model) {
    Random random = new Random(4);
    for (Tensor tensor : model.trainable().values()) {
      double[] values = tensor.value().toDoubles();
      Arrays.setAll(values, i -> values[i] + 0.1 * random.nextGaussian());
      tensor.value().put(values);
    }
  }

  private static double[] output(PeftModel<Mlp> model) {
    try (Tape t = model.inference()) {
      return model.model().forward(t, inputs(11, 8)).value().toDoubles();
    }
  }

  /** What a listener heard. */
  private static final class Heard implements StartListener {

    private final List<Integer> batches = new ArrayList<>();
    private final List<String> layers = new ArrayList<>();

    @Override
    public void onBatch(int shown, int most) {
      batches.add(shown);
    }

    @Override
    public void onLayer(String adapter, int done, int of) {
      layers.add(adapter + " " + done + " of " + of);
    }
  }
}
