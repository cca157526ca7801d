package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.HftConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.method.BaseTensor;
import org.peft4j.method.ParameterSelector;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.StateDict;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.TinyDecoder;

/** A tuned model with part of its tensors put back. */
class HalfResetTest {

  private static final int[] IDS = {3, 1, 4, 1, 5, 9, 2, 6};
  private static final HftConfig HALF = new HftConfig(HftConfig.Level.CATEGORY, 0.5, 0, 0, false);

  private final TinyDecoder base = TinyDecoder.random(DataType.FLOAT32, 1);
  private final TinyDecoder tuned = TinyDecoder.random(DataType.FLOAT32, 2);

  @Test
  void takesTheSelectedTensorsFromTheBaseAndTheOthersFromTheTunedModel() {
    TinyDecoder reset = HalfReset.of(base, tuned, HALF);

    Set<String> back = new TreeSet<>();
    Set<String> kept = new TreeSet<>();
    ModuleTree.parameters(reset)
        .forEach((path, parameter) -> (isOf(base, path, parameter) ? back : kept).add(path));
    assertThat(back).hasSize(2 + 2 + 1);
    assertThat(kept).hasSize(1 + 2 + 1 + 1).contains("embed_tokens.weight");
    assertThat(kept).allMatch(path -> isOf(tuned, path, ModuleTree.parameters(reset).get(path)));
  }

  @Test
  void ofEverythingIsTheBase() {
    assertThat(logits(HalfReset.of(base, tuned, new FullConfig()))).containsExactly(logits(base));
    assertThat(logits(tuned)).isNotEqualTo(logits(base));
  }

  @Test
  void tiedLayersStayTied() {
    for (ParameterSelector selector : List.of(HALF, new HftConfig(), new FullConfig())) {
      TinyDecoder reset = HalfReset.of(base, tuned, selector);

      assertThat(reset.head().weight().pretrained()).isSameAs(reset.tokens().weight().pretrained());
      assertThat(ModuleTree.parameters(reset).keySet())
          .isEqualTo(ModuleTree.parameters(base).keySet());
    }
  }

  @Test
  void undoesHalfOfWhatFullFineTuningDid() {
    PeftModel<TinyDecoder> model =
        Peft.adapt(
            TinyDecoder.random(DataType.FLOAT32, 1),
            new AdapterSpec(new FullConfig(), TargetModules.allLinear()));
    model.trainable().values().forEach(t -> t.value().put(new float[(int) t.shape().length()]));

    TinyDecoder reset = HalfReset.of(base, model.merge(), HALF);

    assertThat(
            ModuleTree.parameters(reset).values().stream()
                .filter(parameter -> isZero(parameter.pretrained())))
        .hasSize(5);
  }

  @Test
  void refusesModelsOfDifferentTensors() {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    ModuleTree.parameters(tuned).forEach((path, p) -> weights.put(path, p.pretrained()));
    weights.put("lm_head.weight", Tensor.of(new float[88], 11, 8));
    TinyDecoder untied = TinyDecoder.of(new StateDict(weights));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> HalfReset.of(base, untied, HALF))
        .withMessage(
            "the models differ in their tensors, so one was not made from the other: base {},"
                + " tuned {lm_head.weight=[11, 8]}");
  }

  @Test
  void refusesToResetNothing() {
    Mlp mlp = Mlp.random(DataType.FLOAT32, 1);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> HalfReset.of(mlp, mlp, new Nothing()))
        .withMessage(
            "nothing picks none of the 4 tensors there are to choose from, [lin0.weight,"
                + " lin0.bias, lin1.weight, lin1.bias]; offer it more, or change Nothing[]");
  }

  private static boolean isOf(TinyDecoder model, String path, Parameter parameter) {
    return ModuleTree.parameters(model).get(path).pretrained() == parameter.pretrained();
  }

  private static boolean isZero(Tensor tensor) {
    for (double value : tensor.value().toDoubles()) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  private static double[] logits(TinyDecoder decoder) {
    PeftModel<TinyDecoder> model = Peft.host(decoder);
    try (Tape t = model.inference()) {
      return decoder.forward(t, IDS, 2).value().toDoubles();
    }
  }

  private record Nothing() implements ParameterSelector {

    @Override
    public String type() {
      return "NOTHING";
    }

    @Override
    public String method() {
      return "nothing";
    }

    @Override
    public Set<String> select(List<BaseTensor> tensors) {
      return Set.of();
    }
  }
}
