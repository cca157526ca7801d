package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.ModuleTree;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Golden;
import org.peft4j.testkit.Mlp;

/** Two adapters on one model compute what they do in Hugging Face PEFT. */
class SeveralAdaptersTest {

  /** Ten times the float32 noise of outputs. */
  private static final Offset<Double> CLOSE = Offset.offset(4e-6);

  private final Golden golden = Golden.of("x_multi_adapter", DataType.FLOAT32);
  private PeftModel<Mlp> model;

  @BeforeEach
  void load() {
    AdapterSpec a =
        new AdapterSpec(new LoraConfig(4, 8), TargetModules.names("lin0", "lin1")).named("a");
    AdapterSpec b = new AdapterSpec(new LoraConfig(2, 4), TargetModules.names("lin1")).named("b");
    model = Peft.adapt(Mlp.of(golden.base()), a, b);
    for (String name : model.adapters()) {
      model
          .parameters(name)
          .forEach((path, tensor) -> tensor.value().put(golden.numbers(inPeft(path, name))));
    }
  }

  private static String inPeft(String path, String adapter) {
    return "adapter.base_model.model." + path.replace(".weight", "." + adapter + ".weight");
  }

  @Test
  void theFirstIsActiveAtTheStart() {
    assertThat(model.active()).containsExactly("a");
    assertOutput("output.a");
  }

  @Test
  void eachActsAlone() {
    model.activate("b");
    assertOutput("output.b");
  }

  @Test
  void bothActTogether() {
    model.activate("a", "b");
    assertOutput("output.a+b");
    model.activate("b", "a");
    assertOutput("output.b+a");
  }

  @Test
  void noneActsWhileDisabled() {
    assertOutput(model.base(), "output.disabled");
    assertOutput("output.a");
    model.disable();
    assertOutput("output.disabled");
  }

  @Test
  void eachCallNamesItsOwn() {
    assertOutput(model.with("b"), "output.b");
    assertOutput(model.with("a"), "output.a");
    assertOutput(model.with(List.of("a", "b")), "output.a+b");
    assertOutput(model.with(List.of("b", "a")), "output.b+a");
    assertOutput("output.a");
  }

  @Test
  void aPartOfAPassGoesThroughOthers() {
    Tensor x = golden.tensor("x");
    try (Tape t = model.with("a").inference()) {
      Tensor other = model.with("b").during(t, () -> model.model().forward(t, x));
      Tensor base = model.base().during(t, () -> model.model().forward(t, x));
      Tensor own = model.model().forward(t, x);

      assertClose(other.value().toDoubles(), "output.b");
      assertClose(base.value().toDoubles(), "output.disabled");
      assertClose(own.value().toDoubles(), "output.a");
    }
  }

  @Test
  void aMixedBatchSendsEachSequenceThroughItsOwn() {
    assertOutput(
        model.perRow(List.of("a", "b", PeftModel.BASE, "a", "b", "b", PeftModel.BASE, "a")),
        "output.mixed_batch");
    assertOutput("output.a");
  }

  @Test
  void anAdapterIsWeakenedStrengthenedAndSetBack() {
    model.scale("a", 0.5);
    assertOutput("output.a_set_scale_0.5");
    // PEFT's second factor comes on top of its first; here a factor replaces the one before.
    model.scale("a", 0.5 * 3);
    assertOutput("output.a_scale_layer_3");
    model.scale("a", 1);
    assertOutput("output.a_unscaled");
    assertOutput("output.a");
  }

  @Test
  void scalingReachesAMixedBatch() {
    model.scale("a", 0.5);
    assertOutput(
        model.perRow(List.of("a", "a", "a", "a", "a", "a", "a", "a")), "output.a_set_scale_0.5");
  }

  @Test
  void oneIsMergedAlone() {
    assertClose(output(model.merge()), "merged.a.output");
    assertClose(weight(model.merge(), "lin0.weight"), "merged.a.lin0");
    assertOutput("unmerged.output");
  }

  @Test
  void bothAreMergedTogether() {
    model.activate("a", "b");
    Mlp merged = model.merge();

    assertClose(output(merged), "merged.a+b.output");
    for (String path : ModuleTree.parameters(merged).keySet()) {
      assertClose(weight(merged, path), "merged.a+b." + path);
    }
  }

  @Test
  void deletingTheOnlyActiveOneActivatesTheOldestThatIsLeft() {
    model.activate("b");
    model.delete("b");

    assertThat(model.active()).containsExactly("a");
    assertThat(model.adapters()).containsExactly("a");
    assertOutput("output.a");
  }

  /** PEFT's forward pass fails then; here the model is the base again. */
  @Test
  void deletingTheLastOneLeavesTheBase() {
    model.delete("b");
    model.delete("a");

    assertThat(model.active()).isEmpty();
    assertOutput("output.disabled");
  }

  @Test
  void trainsTheTensorsOfTheActiveOnes() {
    assertThat(model.trainable().keySet())
        .containsExactly(
            "lin0.lora_A.weight", "lin0.lora_B.weight", "lin1.lora_A.weight", "lin1.lora_B.weight");
    model.activate("b");
    assertThat(model.trainable().keySet())
        .containsExactly("lin1.lora_A.weight", "lin1.lora_B.weight");
    model.activate("b", "a");
    assertThat(model.trainable().keySet())
        .containsExactly(
            "b:lin1.lora_A.weight",
            "b:lin1.lora_B.weight",
            "a:lin0.lora_A.weight",
            "a:lin0.lora_B.weight",
            "a:lin1.lora_A.weight",
            "a:lin1.lora_B.weight");
    model.disable();
    assertThat(model.trainable()).isEqualTo(Map.of());
  }

  private void assertOutput(String name) {
    assertOutput(model.current(), name);
  }

  private void assertOutput(AdaptedModel<Mlp> adapted, String name) {
    try (Tape t = adapted.inference()) {
      assertClose(adapted.model().forward(t, golden.tensor("x")).value().toDoubles(), name);
    }
  }

  private void assertClose(double[] actual, String name) {
    assertThat(actual).as(name).containsExactly(golden.numbers(name), CLOSE);
  }

  private double[] output(Mlp mlp) {
    Tensor x = golden.tensor("x");
    try (Tape t = model.inference()) {
      return mlp.forward(t, x).value().toDoubles();
    }
  }

  private static double[] weight(Mlp mlp, String path) {
    return ModuleTree.parameters(mlp).get(path).pretrained().value().toDoubles();
  }
}
