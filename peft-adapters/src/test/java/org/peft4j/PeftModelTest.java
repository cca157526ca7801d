package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.StateDict;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.EmbeddingModel;
import org.peft4j.testkit.Mlp;

/** What a model with adapters refuses, word for word. */
class PeftModelTest {

  private static final AdapterSpec ALL =
      new AdapterSpec(new LoraConfig(4, 8), TargetModules.allLinear());
  private static final AdapterSpec FIRST =
      new AdapterSpec(new LoraConfig(4, 8), TargetModules.names("lin0"));

  private final PeftModel<Mlp> model = Peft.adapt(mlp(), ALL);

  @Test
  void reportsWhatTrains() {
    TargetReport report = model.report();

    assertThat(report.layers()).containsExactly("lin0", "lin1");
    assertThat(report).hasToString("trainable 416 of 1,744 (23.9 %)");
  }

  @Test
  void wantsAnAdapter() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Peft.adapt(mlp()))
        .withMessage("no adapter given");
  }

  @Test
  void rejectsANameThatIsTaken() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.add(ALL))
        .withMessage("there is already an adapter default; delete it first or choose another name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "..", "a/b", "a\\b", "c:", "__base__", "ends."})
  void rejectsANameThatCannotBeAFolder(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ALL.named(name))
        .withMessage("an adapter's name is that of its folder, but was \"" + name + "\"");
  }

  @Test
  void namesTheAdaptersThereAreWhereOneIsUnknown() {
    String message = "there is no adapter zzz; there are [default]";

    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.activate("default", "zzz"))
        .withMessage(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.perRow(List.of("default", "zzz")))
        .withMessage(message);
    assertThatIllegalArgumentException().isThrownBy(() -> model.delete("zzz")).withMessage(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.scale("zzz", 2))
        .withMessage(message);
    assertThat(model.active()).containsExactly("default");
  }

  @Test
  void rejectsAnAdapterThatIsNamedTwice() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.activate("default", "default"))
        .withMessage("adapter default is named twice");
  }

  @Test
  void listsWhatTheModelHasWhereNoTargetMatches() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.add(on(TargetModules.names("lin0", "q_proj", "x"))))
        .withMessage("no target module matched [q_proj, x]; the model has lin0 (1), lin1 (1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.add(on(TargetModules.regex("lin"))))
        .withMessage("no layer is left to adapt: targets lin; the model has lin0 (1), lin1 (1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.add(on(TargetModules.names("lin0")).saving("lin0")))
        .withMessage(
            "no layer is left to adapt: targets [lin0], trained whole [lin0]; the model has lin0"
                + " (1), lin1 (1)");
    assertThat(model.adapters()).containsExactly("default");
  }

  @Test
  void rejectsAnExclusionThatExcludesNothingOrEverything() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.add(excluding(TargetModules.names("q_proj"))))
        .withMessage("exclude_modules [q_proj] excludes nothing; the model has lin0 (1), lin1 (1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.add(excluding(TargetModules.regex("lin."))))
        .withMessage(
            "no layer is left to adapt: targets all-linear, excluded lin.; the model has lin0 (1),"
                + " lin1 (1)");
  }

  @Test
  void rejectsAModuleToSaveThatDoesNotExist() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.add(on(TargetModules.names("lin0")).saving("lin")))
        .withMessage("modules_to_save lin matches no module; the model has lin0 (1), lin1 (1)");
  }

  @Test
  void rejectsAPatternThatIsNone() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TargetModules.regex("("))
        .withMessageStartingWith("target modules pattern is not a regular expression: ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TargetModules.names())
        .withMessage("no target modules given; name some, or use all-linear");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TargetModules.Names(List.of("q"), List.of(), List.of("h")))
        .withMessage("layers_pattern [h] wants layers_to_transform, which is empty");
  }

  @Test
  void rejectsAnAdapterWithNothingToTrain() {
    AdapterSpec nothing =
        new AdapterSpec(new Nothing(), TargetModules.allLinear()).named("nothing");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.add(nothing))
        .withMessage("adapter nothing has nothing to train");
    assertThat(model.adapters()).containsExactly("default");
  }

  @Test
  void rejectsTwoActiveAdaptersThatTrainTheSameModuleWhole() {
    model.add(FIRST.named("a").saving("lin1"));
    model.add(FIRST.named("b").saving("lin1"));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.activate("a", "b"))
        .withMessage("adapters [a, b] both train lin1.weight whole; activate one of them only");
    model.activate("default", "a");
    assertThat(model.active()).containsExactly("default", "a");
  }

  @Test
  void rejectsAMixedBatchWithAnAdapterThatTrainsModulesWhole() {
    model.add(FIRST.named("a").saving("lin1"));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.perRow(List.of("default", "a")))
        .withMessage("adapter a trains modules whole, so a batch cannot mix it with others");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.perRow(List.of()))
        .withMessage("no row is assigned an adapter; name one for each");
  }

  @Test
  void rejectsABatchThatIsNotAsManySequencesAsWereAssigned() {
    try (Tape t = model.perRow(List.of("default", PeftModel.BASE, "default")).inference()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> model.model().forward(t, Tensor.of(new float[8 * 24], 8, 24)))
          .withMessage("8 rows are not 3 sequences of equal length, as the adapters were assigned");
    }
  }

  @Test
  void rejectsAnEmbeddingForAMethodWithoutAFormForIt() {
    PeftModel<EmbeddingModel> host = Peft.host(embeddingModel());

    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> host.add(new AdapterSpec(new DoraConfig(2, 4), TargetModules.names("emb"))))
        .withMessage("dora cannot adapt embeddings, but emb is one; take it out of the targets");
  }

  @Test
  void saysThatAMethodCannotBeScaled() {
    model.add(new AdapterSpec(new Fixed(), TargetModules.allLinear()).named("fixed"));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.scale("fixed", 2))
        .withMessage("a fixed adapter cannot be scaled, but fixed is one");
  }

  @Test
  void hasNothingToTrainWhileDisabled() {
    model.disable();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new org.peft4j.train.FlatParameters(model.trainable(), model.kernels()))
        .withMessage("nothing to train: no adapter is active");
  }

  @Test
  void rejectsARankOrAlphaOfAPatternThatIsOutOfRange() {
    AdapterSpec spec =
        new AdapterSpec(new LoraConfig(4, 8), TargetModules.allLinear())
            .named("a")
            .withPatterns(Map.of("lin1", 0), Map.of());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.add(spec))
        .withMessage("rank must be at least 1 but was 0");
  }

  private static Mlp mlp() {
    return Mlp.random(DataType.FLOAT32, 1);
  }

  static EmbeddingModel embeddingModel() {
    java.util.Random random = new java.util.Random(1);
    return EmbeddingModel.of(
        new StateDict(
            Map.of(
                "emb.weight", Mlp.normal(DataType.FLOAT32, random, 1, 20, 24),
                "lin.weight", Mlp.normal(DataType.FLOAT32, random, 1, 16, 24))));
  }

  private static AdapterSpec on(TargetModules targets) {
    return new AdapterSpec(new LoraConfig(4, 8), targets).named("other");
  }

  private static AdapterSpec excluding(TargetModules exclude) {
    return new AdapterSpec(new LoraConfig(4, 8), TargetModules.allLinear())
        .named("other")
        .excluding(exclude);
  }

  /** A method that trains nothing. */
  private record Nothing() implements AdapterConfig {
    @Override
    public String type() {
      return "NOTHING";
    }

    @Override
    public String method() {
      return "nothing";
    }

    @Override
    public Adapter create(AdapterSite site) {
      return new Shift(Map.of());
    }
  }

  /** A method whose adapters have no factor. */
  private record Fixed() implements AdapterConfig {
    @Override
    public String type() {
      return "FIXED";
    }

    @Override
    public String method() {
      return "fixed";
    }

    @Override
    public Adapter create(AdapterSite site) {
      return new Shift(Map.of("shift", site.full(0, site.out())));
    }
  }

  private record Shift(Map<String, Tensor> parameters) implements Adapter {
    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      Tensor y = base.apply(t, x);
      return Set.copyOf(parameters.values()).isEmpty()
          ? y
          : t.addBias(y, parameters.get("shift"), 1);
    }
  }
}
