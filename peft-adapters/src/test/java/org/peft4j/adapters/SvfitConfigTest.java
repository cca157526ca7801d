package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.adapters.MlpRuns.adapted;
import static org.peft4j.adapters.MlpRuns.mlp;
import static org.peft4j.adapters.MlpRuns.moved;
import static org.peft4j.adapters.MlpRuns.output;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.initializer.Decomposition;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.AdapterContract;
import org.peft4j.testkit.JacobiDecomposer;
import org.peft4j.testkit.Mlp;

class SvfitConfigTest implements AdapterContract {

  @Override
  public AdapterConfig config() {
    return new SvfitConfig(5);
  }

  @Nested
  class ByEnergy implements AdapterContract {

    @Override
    public AdapterConfig config() {
      return SvfitConfig.holding(0.7);
    }
  }

  @Nested
  class OfEverySingularValue implements AdapterContract {

    @Override
    public AdapterConfig config() {
      return new SvfitConfig();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void startsAtTheBaseBitForBit(DataType type) {
    PeftModel<Mlp> model = adapted(Mlp.random(type, 1), new SvfitConfig(7));

    assertThat(output(model)).containsExactly(output(Peft.host(Mlp.random(type, 1))));
  }

  @Test
  void trainsOneNumberForEverySingularValue() {
    assertThat(adapted(new SvfitConfig(5)).report().trainable()).isEqualTo(5 + 5);
    assertThat(adapted(new SvfitConfig()).report().trainable()).isEqualTo(Mlp.IN + Mlp.OUT);
  }

  @Test
  void sigmaIsWhatTheMergedWeightHasOnItsSingularVectors() {
    PeftModel<Mlp> model = adapted(new SvfitConfig(4));
    double[] before = model.views("default").get("lin1.sigma");
    moved(model, 0.3);
    double[] sigma = model.views("default").get("lin1.sigma");

    Buffer merged = model.merge().lin1().weight().pretrained().value();

    Decomposition pretrained = pretrainedLin1();
    assertThat(before).containsExactly(pretrained.leading(4).singularValues(), within(1e-12));
    assertThat(sigma).isNotEqualTo(before);
    for (int i = 0; i < 4; i++) {
      assertThat(onVectors(pretrained, merged, i)).isCloseTo(sigma[i], within(1e-12));
    }
    assertThat(onVectors(pretrained, merged, 4))
        .isCloseTo(pretrained.singularValues()[4], within(1e-12));
  }

  /** {@code uᵢᵀ·W·vᵢ}. */
  private static double onVectors(Decomposition svd, Buffer weight, int component) {
    double[] w = weight.toDoubles();
    double sum = 0;
    for (int row = 0; row < weight.rows(); row++) {
      for (int column = 0; column < weight.columns(); column++) {
        sum +=
            svd.u()[row * svd.size() + component]
                * w[row * weight.columns() + column]
                * svd.vt()[component * weight.columns() + column];
      }
    }
    return sum;
  }

  /** Only a value that nothing needs any more may be written into. */
  @Test
  void keepsTheProjectionsAndNotTheInputs() {
    overwriteInputAfterForward(new SvfitConfig(4));

    assertThatIllegalStateException()
        .isThrownBy(() -> overwriteInputAfterForward(new LoraConfig(4, 8)))
        .withMessageContaining("its old value is still needed");
  }

  private static void overwriteInputAfterForward(AdapterConfig config) {
    PeftModel<Mlp> model = adapted(config);
    try (Tape t = model.training()) {
      Tensor source = Mlp.normal(DataType.FLOAT64, new Random(1), 1, 8, Mlp.IN);
      Tensor x = t.scale(Tensor.parameter(source.value()), 1);
      model.model().lin0().forward(t, x);

      t.addInto(x, source, 1);
    }
  }

  @Test
  void scalesItsUpdate() {
    PeftModel<Mlp> model = adapted(new SvfitConfig(4));
    double[] singular = model.views("default").get("lin0.sigma");
    moved(model, 0.3);
    double[] once = model.views("default").get("lin0.sigma");

    model.scale("default", 3);

    double[] thrice = model.views("default").get("lin0.sigma");
    for (int i = 0; i < singular.length; i++) {
      assertThat(thrice[i] - singular[i]).isCloseTo(3 * (once[i] - singular[i]), within(1e-12));
    }
    model.scale("default", 0);
    assertThat(output(model)).containsExactly(output(Peft.host(mlp())), within(1e-12));
  }

  @Test
  void rejectsARankThatALayerDoesNotHave() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> adapted(new SvfitConfig(17)))
        .withMessage("lin1 has 16 singular values, so rank 17 is too large");
  }

  @Test
  void rejectsSettingsThatMeanNothing() {
    List<String> messages = new ArrayList<>();
    for (Runnable wrong :
        new Runnable[] {
          () -> new SvfitConfig(0),
          () -> SvfitConfig.holding(0),
          () -> SvfitConfig.holding(1.01),
          () -> new SvfitConfig(Optional.of(8), Optional.of(0.9), Optional.empty()),
          () -> new SvfitConfig(Optional.of(8), Optional.empty(), Optional.of(-1)),
          () -> new SvfitConfig(Optional.empty(), Optional.of(0.9), Optional.of(2)),
        }) {
      try {
        wrong.run();
      } catch (IllegalArgumentException e) {
        messages.add(e.getMessage());
      }
    }

    assertThat(messages)
        .containsExactly(
            "rank must be at least 1 but was 0",
            "energy must be above 0 and at most 1 but was 0.0",
            "energy must be above 0 and at most 1 but was 1.01",
            "rank and energy exclude each other but were 8 and 0.9; leave one out",
            "iterations must be at least 0 but was -1",
            "energy needs all singular values, which iterations do not find; leave one out");
  }

  private static Decomposition pretrainedLin1() {
    return new JacobiDecomposer().decompose("", mlp().lin1().weight().pretrained().value());
  }
}
