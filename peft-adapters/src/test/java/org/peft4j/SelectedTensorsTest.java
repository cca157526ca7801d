package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.HftConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.initializer.FromShape;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.method.BaseTensor;
import org.peft4j.method.ParameterSelector;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.Sites;
import org.peft4j.testkit.TinyDecoder;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;

/** Methods that train whole tensors of the base: which ones, and that nothing happens to others. */
class SelectedTensorsTest {

  private static final int[] IDS = {3, 1, 4, 1, 5, 9, 2, 6};
  private static final int[] LABELS = {1, 4, 1, 5, 9, 2, 6, 5};

  @Test
  void othersGetNoStateAndStayAsTheyAreBitForBit() {
    PeftModel<TinyDecoder> model = on(TargetModules.allLinear(), new HftConfig());
    Map<String, float[]> before = values(model.model());

    Set<String> selected = model.trainable().keySet();
    try (Trainer<Integer> trainer = trainer(model)) {
      trainer.fit(Stream.generate(() -> 1).iterator());

      assertThat(trainer.parameters().tensors().keySet()).isEqualTo(selected);
      assertThat(trainer.parameters().values().length()).isEqualTo(model.report().trainable());
    }

    assertThat(selected).hasSizeBetween(2, 9).contains("embed_tokens.weight");
    values(model.merge())
        .forEach(
            (path, values) -> {
              boolean same = Arrays.equals(values, before.get(path));
              assertThat(same).as(path).isEqualTo(!selected.contains(path));
            });
    model.disable();
    assertThat(values(model.model())).usingRecursiveComparison().isEqualTo(before);
  }

  @Test
  void unselectedTensorsGetNoGradientAndThereIsNoneBelowTheLowestSelectedOne() {
    PeftModel<Mlp> model =
        Peft.adapt(
            Mlp.random(DataType.FLOAT64, 1),
            new AdapterSpec(new FullConfig(), TargetModules.names("lin1")));
    Tensor x = Mlp.normal(DataType.FLOAT64, new Random(2), 1, 8, Mlp.IN);
    try (Tape t = model.training()) {
      Tensor hidden = model.model().lin0().forward(t, x);
      Tensor y = model.model().lin1().forward(t, hidden);
      t.backward(t.meanSquaredError(y, Tensor.of(new double[8 * Mlp.OUT], 8, Mlp.OUT)), 1);

      assertThat(hidden.requiresGradient()).isFalse();
      assertThat(y.requiresGradient()).isTrue();
    }
    for (Parameter parameter : ModuleTree.parameters(model.model()).values()) {
      assertThat(parameter.pretrained().requiresGradient()).isFalse();
      assertThat(parameter.pretrained().gradient()).isNull();
    }
    assertThat(model.trainable().keySet()).containsExactly("lin1.weight", "lin1.bias");
    assertThat(model.trainable().values()).noneMatch(tensor -> tensor.gradient() == null);
  }

  @Test
  void reportsWhatTrains() {
    PeftModel<TinyDecoder> model =
        on(TargetModules.names("embed_tokens", "norm1"), new FullConfig());

    assertThat(model.report().layers()).isEmpty();
    assertThat(model.report().saved())
        .containsExactly("embed_tokens.weight", "norm1.weight", "lm_head.weight");
    assertThat(model.report()).hasToString("trainable 96 of 648 (14.8 %)");
  }

  @Test
  void choosesAmongTheTensorsOfTheModulesThatAreNamed() {
    assertThat(trained(TargetModules.names("q_proj", "norm2")))
        .containsExactly("q_proj.weight", "norm2.weight");
    assertThat(trained(TargetModules.regex("[gu].*_proj")))
        .containsExactly("gate_proj.weight", "up_proj.weight");
    assertThat(trained(TargetModules.regex("(lm_head)?"))).hasSize(10);
  }

  @Test
  void aSharedTensorIsMeantByTheNameOfAnyModuleThatHasIt() {
    assertThat(trained(TargetModules.names("lm_head"))).containsExactly("embed_tokens.weight");
    assertThat(excluding(TargetModules.names("lm_head"), TargetModules.allLinear()))
        .hasSize(9)
        .doesNotContain("embed_tokens.weight");
  }

  @Test
  void leavesOutWhatIsExcluded() {
    assertThat(excluding(TargetModules.allLinear(), TargetModules.allLinear()))
        .containsExactly("embed_tokens.weight", "norm1.weight", "norm2.weight");
    assertThat(excluding(TargetModules.names("norm1"), TargetModules.names("norm1", "norm2")))
        .containsExactly("norm2.weight");
  }

  @Test
  void trainsModulesToSaveWhateverIsPicked() {
    for (int seed = 0; seed < 20; seed++) {
      AdapterSpec spec =
          new AdapterSpec(
                  new HftConfig(HftConfig.Level.CATEGORY, seed),
                  TargetModules.names("q_proj", "k_proj", "v_proj"))
              .saving("v_proj");

      Set<String> trained = Peft.adapt(decoder(), spec).trainable().keySet();

      assertThat(trained).hasSize(2).contains("v_proj.weight");
    }
  }

  @Test
  void actsBelowAnotherAdapter() {
    PeftModel<TinyDecoder> model = on(TargetModules.names("q_proj"), new FullConfig());
    model.add(new AdapterSpec(new LoraConfig(2, 4), TargetModules.names("q_proj")).named("lora"));
    model.activate("default", "lora");
    train(model);

    assertThat(model.trainable().keySet())
        .containsExactly(
            "default:q_proj.weight", "lora:q_proj.lora_A.weight", "lora:q_proj.lora_B.weight");
    assertThat(logits(model, model.merge()))
        .containsExactly(logits(model, model.model()), org.assertj.core.data.Offset.offset(2e-5));
  }

  @Test
  void goesOnInTheNextRoundFromWhatTheLastOneLearnt() {
    HftConfig first = new HftConfig();
    PeftModel<TinyDecoder> before = on(TargetModules.allLinear(), first);
    train(before);
    TinyDecoder base = before.merge();
    Map<String, float[]> learnt = values(base);

    PeftModel<TinyDecoder> after =
        Peft.adapt(base, new AdapterSpec(first.nextRound(), TargetModules.allLinear()));
    train(after);

    Set<String> selected = after.trainable().keySet();
    assertThat(selected).isNotEqualTo(before.trainable().keySet());
    values(after.merge())
        .forEach(
            (path, values) ->
                assertThat(Arrays.equals(values, learnt.get(path)))
                    .as(path)
                    .isEqualTo(!selected.contains(path)));
  }

  @Test
  void isReadBackWithTheTiesOfTheModel(@TempDir Path folder) throws IOException {
    PeftModel<TinyDecoder> model = on(TargetModules.allLinear(), new HftConfig());
    train(model);
    model.save(folder);

    PeftModel<TinyDecoder> loaded = Peft.load(decoder(), folder);

    assertThat(logits(loaded, loaded.model())).containsExactly(logits(model, model.model()));
    assertThat(loaded.report().saved()).contains("embed_tokens.weight", "lm_head.weight");
    assertThat(loaded.spec("default").targets()).isEqualTo(TargetModules.allLinear());
  }

  @Test
  void refusesAFileWhoseTensorsAreNotThoseThatAreDrawn(@TempDir Path folder) throws IOException {
    on(TargetModules.names("q_proj", "k_proj"), new HftConfig()).save(folder);
    Path config = folder.resolve("adapter_config.json");
    String drawn = drawnOf(0);
    int other =
        Stream.iterate(1, r -> r + 1).filter(r -> !drawnOf(r).equals(drawn)).findFirst().get();
    java.nio.file.Files.writeString(
        config,
        java.nio.file.Files.readString(config)
            .replace("\"round\" : 0", "\"round\" : " + other)
            .replace("\"round\": 0", "\"round\": " + other));
    forgetSettings(folder.resolve("adapter_model.safetensors"));

    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(() -> Peft.load(decoder(), folder))
        .withMessage(
            folder.resolve("adapter_model.safetensors")
                + " has 2 problems:"
                + "\n- tensor base_model.model."
                + drawnOf(other)
                + " [8, 8] is missing"
                + "\n- tensor base_model.model."
                + drawn
                + " belongs to no layer of this adapter");
  }

  /** As another program would write the tensors. */
  private static void forgetSettings(Path file) throws IOException {
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    try (Safetensors stored = Safetensors.open(file)) {
      for (String name : stored.names()) {
        tensors.put(name, stored.read(name, DataType.FLOAT64));
      }
    }
    Safetensors.write(file, tensors);
  }

  private static String drawnOf(int round) {
    HftConfig config = new HftConfig(HftConfig.Level.CATEGORY, 0.5, 0, round, true);
    return on(TargetModules.names("q_proj", "k_proj"), config)
        .trainable()
        .keySet()
        .iterator()
        .next();
  }

  @Test
  void saysWhereNothingIsPicked() {
    HftConfig tiny = new HftConfig(HftConfig.Level.CATEGORY, 0.1, 0, 0, false);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> on(TargetModules.names("q_proj", "k_proj"), tiny))
        .withMessage(
            "hft picks none of the 2 tensors there are to choose from, [q_proj.weight,"
                + " k_proj.weight]; offer it more, or change HftConfig[level=CATEGORY, ratio=0.1,"
                + " seed=0, round=0, updateEmbeddings=false]");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                on(
                    TargetModules.allLinear(),
                    new HftConfig(HftConfig.Level.LAYER, 0.01, 0, 0, false)))
        .withMessageStartingWith(
            "hft picks none of the 10 tensors there are to choose from, such as"
                + " [embed_tokens.weight, norm1.weight,")
        .withMessageContaining("gate_proj.weight]; offer it more");
  }

  @Test
  void listsTheModulesThereAreWhereNoTargetMatches() {
    String modules =
        "; the model has down_proj (1), embed_tokens (1), gate_proj (1), k_proj (1), lm_head (1),"
            + " norm1 (1), norm2 (1), o_proj (1), q_proj (1), up_proj (1), v_proj (1)";

    assertThatIllegalArgumentException()
        .isThrownBy(() -> on(TargetModules.names("q_porj"), new FullConfig()))
        .withMessage("no target module matched [q_porj]" + modules);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> on(TargetModules.regex("q"), new FullConfig()))
        .withMessage("no layer is left to adapt: targets q" + modules);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> excluding(TargetModules.names("norm"), TargetModules.allLinear()))
        .withMessage("exclude_modules [norm] excludes nothing" + modules);
  }

  @Test
  void refusesWhatItHasNoUseFor() {
    AdapterSpec spec = new AdapterSpec(new FullConfig(), TargetModules.allLinear());
    PeftModel<TinyDecoder> model = Peft.adapt(decoder(), spec);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Peft.adapt(decoder(), spec.startedBy(new Somewhere())))
        .withMessage(
            "full trains tensors from where they are, so it cannot start by somewhere; leave that"
                + " out");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.scale("default", 2))
        .withMessage("a full adapter cannot be scaled, but default is one");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.perRow(List.of("default", PeftModel.BASE)))
        .withMessage("adapter default trains modules whole, so a batch cannot mix it with others");
  }

  @Test
  void isNeverAskedForAnAdapter() {
    Tensor weight = Tensor.of(new float[6], 2, 3);
    PeftModel<TinyDecoder> model = on(TargetModules.allLinear(), new FullConfig());
    AdapterSite site = Sites.of("a.b", weight.value(), 0);

    assertThatIllegalStateException()
        .isThrownBy(() -> new FullConfig().create(site))
        .withMessage("full picks tensors of the base and has no adapter for a.b");
  }

  @Test
  void refusesAPickOfSomethingElse() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> on(TargetModules.names("q_proj"), new Stranger()))
        .withMessage("stranger picked [k_proj.weight], which it was not given to choose from");
  }

  private static Set<String> trained(TargetModules targets) {
    return new LinkedHashSet<>(on(targets, new FullConfig()).trainable().keySet());
  }

  private static Set<String> excluding(TargetModules exclude, TargetModules targets) {
    AdapterSpec spec = new AdapterSpec(new FullConfig(), targets).excluding(exclude);
    return Peft.adapt(decoder(), spec).trainable().keySet();
  }

  private static PeftModel<TinyDecoder> on(TargetModules targets, ParameterSelector config) {
    return Peft.adapt(decoder(), new AdapterSpec(config, targets));
  }

  private static TinyDecoder decoder() {
    return TinyDecoder.random(DataType.FLOAT32, 1);
  }

  private static void train(PeftModel<TinyDecoder> model) {
    try (Trainer<Integer> trainer = trainer(model)) {
      trainer.fit(Stream.generate(() -> 1).iterator());
    }
  }

  /** With decay, and with gradients that are clipped. */
  private static Trainer<Integer> trainer(PeftModel<TinyDecoder> model) {
    return new Trainer<>(
        model,
        (t, any) -> new Loss(t.crossEntropySum(model.model().forward(t, IDS, 2), LABELS), 8),
        new TrainingConfig(10, LearningRate.constant(1e-2), new AdamWSettings(0.1), 1, 0.1, 0));
  }

  private static double[] logits(PeftModel<?> model, TinyDecoder decoder) {
    try (Tape t = model.inference()) {
      return decoder.forward(t, IDS, 2).value().toDoubles();
    }
  }

  private static Map<String, float[]> values(TinyDecoder decoder) {
    Map<String, float[]> values = new LinkedHashMap<>();
    ModuleTree.parameters(decoder)
        .forEach((path, parameter) -> values.put(path, parameter.pretrained().value().toFloats()));
    return values;
  }

  /** Picks what it was not offered. */
  private record Stranger() implements ParameterSelector {

    @Override
    public String type() {
      return "STRANGER";
    }

    @Override
    public String method() {
      return "stranger";
    }

    @Override
    public Set<String> select(List<BaseTensor> tensors) {
      return Set.of("q_proj.weight", "k_proj.weight");
    }
  }

  private record Somewhere() implements FromShape {

    @Override
    public String name() {
      return "somewhere";
    }

    @Override
    public LowRank start(AdapterSite site, int rank) {
      throw new AssertionError("asked for the start of " + site.path());
    }
  }
}
