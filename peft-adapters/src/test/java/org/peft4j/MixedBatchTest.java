package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.BoneConfig;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.adapters.MissConfig;
import org.peft4j.adapters.VeraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;

/** Rows of one batch through adapters of all kinds: those that add to the base, and others. */
class MixedBatchTest {

  private static final int LENGTH = 3;
  private static final Offset<Double> CLOSE = within(1e-12);

  private final Random random = new Random(1);
  private final Map<String, AdapterConfig> methods = new LinkedHashMap<>();
  private PeftModel<Mlp> model;

  @BeforeEach
  void install() {
    methods.put("lora", new LoraConfig(4, 8));
    methods.put("dora", new DoraConfig(4, 8));
    methods.put("bone", new BoneConfig(4));
    methods.put("miss", new MissConfig(4));
    methods.put("vera", new VeraConfig(8));
    model = Peft.host(Mlp.random(DataType.FLOAT64, 1));
    methods.forEach(
        (name, config) -> {
          model.add(new AdapterSpec(config, TargetModules.allLinear()).named(name));
          model.parameters(name).values().forEach(this::shake);
        });
  }

  private void shake(Tensor tensor) {
    double[] values = tensor.value().toDoubles();
    Arrays.setAll(values, i -> values[i] + 0.1 * (random.nextDouble() - 0.5));
    tensor.value().put(values);
  }

  @Test
  void isWhatEachAdapterMakesOfItsRowsAlone() {
    List<String> names =
        Stream.concat(
                Stream.of("lora", PeftModel.BASE, "bone", "lora"),
                Stream.of("dora", "miss", "vera", PeftModel.BASE))
            .toList();
    Tensor x = Mlp.normal(DataType.FLOAT64, new Random(2), 1, names.size() * LENGTH, Mlp.IN);
    double[] mixed = output(model.perRow(names), x);

    int columns = mixed.length / (names.size() * LENGTH);
    for (int i = 0; i < names.size(); i++) {
      double[] alone = output(alone(names.get(i)), x);
      int from = i * LENGTH * columns;
      int to = from + LENGTH * columns;
      assertThat(Arrays.copyOfRange(mixed, from, to))
          .as(names.get(i))
          .containsExactly(Arrays.copyOfRange(alone, from, to), CLOSE);
    }
  }

  @Test
  void rowsOfViewsKeepTheAdaptersThatTheseWerePinnedTo() {
    Tensor x = Mlp.normal(DataType.FLOAT64, new Random(2), 1, 3, Mlp.IN);
    AdaptedModel<Mlp> pinned = model.with("lora").pinned();
    List<AdaptedModel<?>> rows = List.of(pinned, model.base(), model.with("dora"));
    double[] wanted = output(model.perRow(List.of("lora", PeftModel.BASE, "dora")), x);

    try (Tape holding = pinned.inference()) {
      assertThat(holding.isTraining()).isFalse();
      model.delete("lora");

      assertThat(output(AdaptedModel.perRow(rows), x)).isEqualTo(wanted);
    }
  }

  @Test
  void rowsThatAllGoThroughTheSameMayGoThroughSeveral() {
    Tensor x = Mlp.normal(DataType.FLOAT64, new Random(2), 1, 2, Mlp.IN);
    AdaptedModel<Mlp> both = model.with(List.of("lora", "dora"));

    assertThat(output(AdaptedModel.perRow(List.of(both, both)), x)).isEqualTo(output(both, x));
  }

  @Test
  void refusesViewsThatCannotBeRowsOfOneBatch() {
    AdaptedModel<Mlp> both = model.with(List.of("lora", "dora"));
    AdaptedModel<Mlp> former = model.with("vera").pinned();
    try (Tape holding = former.inference()) {
      assertThat(holding.isTraining()).isFalse();
      model.delete("vera");
      model.add(new AdapterSpec(new VeraConfig(4), TargetModules.allLinear()).named("vera"));

      refused(
          "a batch mixes rows of one adapter or none, but one has [lora, dora]",
          both,
          model.base());
      refused(
          "an adapter was replaced, so a batch cannot mix what goes through the former and the new"
              + " one: [vera]",
          former,
          model.with("vera"));
      refused(
          "a batch has rows, and all of one model, but these views are of 2 models",
          model.base(),
          Peft.host(Mlp.random(DataType.FLOAT64, 2)).base());
      refused(
          "adapters that differ from row to row cannot be those of one row; name them by"
              + " PeftModel.with",
          model.perRow(List.of("lora", "dora")),
          model.base());
    }
  }

  private static void refused(String message, AdaptedModel<?>... rows) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AdaptedModel.perRow(List.of(rows)))
        .withMessage(message);
  }

  private AdaptedModel<Mlp> alone(String name) {
    return name.equals(PeftModel.BASE) ? model.base() : model.with(name);
  }

  private double[] output(AdaptedModel<?> adapted, Tensor x) {
    try (Tape t = adapted.inference()) {
      return model.model().forward(t, x).value().toDoubles();
    }
  }
}
