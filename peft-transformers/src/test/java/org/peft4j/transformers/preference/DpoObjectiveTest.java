package org.peft4j.transformers.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.AdaptedModel;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.init.PissaStart;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Evaluation;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.Gradients;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.llama.TinyModels;
import org.peft4j.transformers.model.TokenBatch;

class DpoObjectiveTest {

  private static final int NONE = TokenBatch.IGNORED;

  /** Two prompts; answers of different lengths, and one that ends before the sequence does. */
  private static final PreferenceBatch BATCH =
      new PreferenceBatch(
          TokenBatch.of(
              List.of(
                  new int[] {3, 1, 4, 1, 5, 9, 2},
                  new int[] {6, 5, 3, 5},
                  new int[] {3, 1, 4, 8},
                  new int[] {6, 5, 7, 7, 2}),
              List.of(
                  new int[] {NONE, NONE, NONE, 1, 5, 9, 2},
                  new int[] {NONE, NONE, 3, NONE},
                  new int[] {NONE, NONE, NONE, 8},
                  new int[] {NONE, NONE, 7, 7, 2})));

  private static final int[] ANSWERS = {4, 1, 1, 3};

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void isTheFormulaOfThePaper(DpoLoss kind) throws IOException {
    PeftModel<DecoderForCausalLm> adapted = moved(DataType.FLOAT64);
    double[] model = sums(adapted);
    double[] reference = reference(adapted);
    double expected = 0;
    for (int pair = 0; pair < 2; pair++) {
      double won = model[pair] - reference[pair];
      double lost = model[pair + 2] - reference[pair + 2];
      expected += expected(kind, won, lost, pair);
    }

    try (Tape t = adapted.inference()) {
      Loss loss = new DpoObjective(adapted, new DpoConfig(0.3, 0, kind)).loss(t, BATCH);

      assertThat(loss.sum().item()).isCloseTo(expected, within(1e-10));
      assertThat(loss.terms()).isEqualTo(2);
    }
  }

  private static double expected(DpoLoss kind, double won, double lost, int pair) {
    double distance =
        switch (kind) {
          case SIGMOID -> 0;
          case IPO -> won - lost - 1 / 0.6;
          case IPO_PER_TOKEN -> won / ANSWERS[pair] - lost / ANSWERS[pair + 2] - 1 / 0.6;
        };
    return kind == DpoLoss.SIGMOID
        ? Math.log(1 + Math.exp(-0.3 * (won - lost)))
        : distance * distance;
  }

  @Test
  void labelSmoothingMixesInTheOtherWayRound() throws IOException {
    PeftModel<DecoderForCausalLm> adapted = moved(DataType.FLOAT64);
    double[] model = sums(adapted);
    double[] reference = reference(adapted);
    double expected = 0;
    for (int pair = 0; pair < 2; pair++) {
      double margin = model[pair] - reference[pair] - (model[pair + 2] - reference[pair + 2]);
      expected += 0.8 * Math.log(1 + Math.exp(-0.3 * margin));
      expected += 0.2 * Math.log(1 + Math.exp(0.3 * margin));
    }

    DpoConfig config = new DpoConfig(0.3, 0.2, DpoLoss.SIGMOID);
    try (Tape t = adapted.inference()) {
      assertThat(new DpoObjective(adapted, config).loss(t, BATCH).sum().item())
          .isCloseTo(expected, within(1e-10));
    }
  }

  @Test
  void measuresWhatTrlMeasures() throws IOException {
    PeftModel<DecoderForCausalLm> adapted = moved(DataType.FLOAT64);
    double[] model = sums(adapted);
    double[] reference = reference(adapted);
    double won = 0.1 * (model[0] - reference[0] + model[1] - reference[1]);
    double lost = 0.1 * (model[2] - reference[2] + model[3] - reference[3]);
    long right =
        IntStream.range(0, 2)
            .filter(i -> model[i] - reference[i] > model[i + 2] - reference[i + 2])
            .count();

    Evaluation evaluation =
        Trainer.evaluate(adapted, new DpoObjective(adapted, new DpoConfig()), List.of(BATCH));

    Map<String, Double> measures = new LinkedHashMap<>(evaluation.measures());
    assertThat(measures.remove("reward_accuracy")).isEqualTo(right / 2.0);
    assertThat(measures.remove("reward_chosen")).isCloseTo(won / 2, within(1e-10));
    assertThat(measures.remove("reward_rejected")).isCloseTo(lost / 2, within(1e-10));
    assertThat(measures.remove("reward_margin")).isCloseTo((won - lost) / 2, within(1e-10));
    assertThat(measures).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void startsAtLogTwoWithoutMargins(boolean fast) throws IOException {
    PeftModel<DecoderForCausalLm> adapted = fresh(fast ? DataType.FLOAT32 : DataType.FLOAT64);

    Evaluation evaluation = evaluate(adapted, new DpoConfig());

    assertThat(evaluation.loss()).isCloseTo(Math.log(2), within(1e-7));
    assertThat(evaluation.measures())
        .containsEntry("reward_margin", 0.0)
        .containsEntry("reward_accuracy", 0.0);
  }

  /** The adapter sees a base without its principal part; the reference must see all of it. */
  @Test
  void theReferenceIsTheTrueBaseOfAnAdapterThatStartsElsewhere() throws IOException {
    PeftModel<DecoderForCausalLm> adapted =
        TinyModels.llama(directory, DataType.FLOAT64).adapt(spec().startedBy(new PissaStart()));
    double[] base = reference(adapted);

    Evaluation atStart = evaluate(adapted, new DpoConfig());
    Gradients.awayFromStart(adapted, 0.1);
    double[] model = sums(adapted);
    Evaluation moved = evaluate(adapted, new DpoConfig());

    assertThat(base).containsExactly(plainBase(), within(1e-12));
    assertThat(atStart.loss()).isCloseTo(Math.log(2), within(1e-9));
    assertThat(moved.measures().get("reward_chosen"))
        .isCloseTo(0.1 * (model[0] - base[0] + model[1] - base[1]) / 2, within(1e-10))
        .isNotCloseTo(0, within(1e-4));
  }

  private double[] plainBase() throws IOException {
    return sums(Peft.host(TinyModels.llama(directory, DataType.FLOAT64)).base());
  }

  @ParameterizedTest
  @EnumSource
  void gradientsEqualDifferences(DpoLoss kind) throws IOException {
    PeftModel<DecoderForCausalLm> adapted = moved(DataType.FLOAT64);

    Gradients.assertEqualDifferences(
        adapted, new DpoObjective(adapted, new DpoConfig(0.3, 0, kind)), BATCH);
  }

  @Test
  void gradientsOfSmoothedLabelsEqualDifferences() throws IOException {
    PeftModel<DecoderForCausalLm> adapted = moved(DataType.FLOAT64);

    Gradients.assertEqualDifferences(
        adapted, new DpoObjective(adapted, new DpoConfig(0.3, 0.2, DpoLoss.SIGMOID)), BATCH);
  }

  @Test
  void aFewStepsTeachWhichAnswerIsBetter() throws IOException {
    Evaluation learned = trained(new DpoConfig());

    assertThat(learned.loss()).isLessThan(0.5);
    assertThat(learned.measures()).containsEntry("reward_accuracy", 1.0);
    assertThat(learned.measures().get("reward_margin")).isGreaterThan(0.5);
  }

  /** Both variants want a finite margin: smoothing β·h = log((1-ε)/ε), IPO h = 1/(2β). */
  @Test
  void variantsStopAtTheMarginTheyWant() throws IOException {
    double beta = 0.5;
    double smoothed =
        trained(new DpoConfig(beta, 0.2, DpoLoss.SIGMOID)).measures().get("reward_margin");
    double ipo = trained(new DpoConfig(beta, 0, DpoLoss.IPO)).measures().get("reward_margin");
    double perToken =
        trained(new DpoConfig(beta, 0, DpoLoss.IPO_PER_TOKEN)).measures().get("reward_margin");

    assertThat(smoothed).isCloseTo(Math.log(0.8 / 0.2), within(0.05));
    assertThat(ipo).isCloseTo(0.5, within(0.05));
    assertThat(perToken).isCloseTo(0.5, within(0.05));
  }

  private Evaluation trained(DpoConfig config) throws IOException {
    PeftModel<DecoderForCausalLm> adapted = fresh(DataType.FLOAT32);
    DpoObjective objective = new DpoObjective(adapted, config);
    try (Trainer<PreferenceBatch> trainer =
        new Trainer<>(adapted, objective, new TrainingConfig(60, 0.01))) {
      trainer.fit(Collections.nCopies(60, BATCH).iterator());
      return trainer.evaluate(List.of(BATCH));
    }
  }

  @Test
  void leavesTheAdaptersActiveThatWere() throws IOException {
    PeftModel<DecoderForCausalLm> adapted = fresh(DataType.FLOAT32);
    adapted.add(spec().named("second"));
    adapted.activate("second", "default");

    evaluate(adapted, new DpoConfig());

    assertThat(adapted.active()).containsExactly("second", "default");
  }

  @Test
  void whatMakesNoPairsIsRefused() {
    List<int[]> ids = List.of(new int[] {1, 2}, new int[] {1, 3}, new int[] {1, 4});
    TokenBatch three = TokenBatch.of(ids);
    TokenBatch unanswered =
        TokenBatch.of(ids.subList(0, 2), List.of(new int[] {NONE, 2}, new int[] {1, NONE}));

    assertThatThrownBy(() -> new PreferenceBatch(three))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pairs need an even number of sequences but got 3");
    assertThatThrownBy(() -> new PreferenceBatch(unanswered))
        .hasMessage("sequence 1 has no answer: it predicts nothing");
    assertThatThrownBy(
            () -> new PreferenceBatch(TokenBatch.packed(List.of(ids, ids), List.of(ids, ids))))
        .hasMessage("each sequence must be one example, but the batch is packed");
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertThat(new DpoConfig()).isEqualTo(new DpoConfig(0.1, 0, DpoLoss.SIGMOID));
    assertThatThrownBy(() -> new DpoConfig().withBeta(0))
        .hasMessage("beta must be a number above 0 but was 0.0");
    assertThatThrownBy(() -> new DpoConfig(0.1, 0.5, DpoLoss.SIGMOID))
        .hasMessage("labelSmoothing must be at least 0 and below 0.5 but was 0.5");
    assertThatThrownBy(() -> new DpoConfig(0.1, 0.1, DpoLoss.IPO))
        .hasMessage("labelSmoothing goes with SIGMOID only but was 0.1 with IPO");
  }

  private static Evaluation evaluate(PeftModel<DecoderForCausalLm> adapted, DpoConfig config) {
    return Trainer.evaluate(adapted, new DpoObjective(adapted, config), List.of(BATCH));
  }

  private static double[] reference(PeftModel<DecoderForCausalLm> adapted) {
    return sums(adapted.base());
  }

  private static double[] sums(PeftModel<DecoderForCausalLm> adapted) {
    return sums(adapted.current());
  }

  /** The log probability of each answer, from the scores of all tokens at all positions. */
  private static double[] sums(AdaptedModel<DecoderForCausalLm> adapted) {
    int[] labels = BATCH.both().shiftedLabels();
    double[] sums = new double[4];
    try (Tape t = adapted.inference()) {
      Tensor logits = adapted.model().logits(t, BATCH.both());
      double[] scores = logits.value().toDoubles();
      int vocabulary = logits.shape().columns();
      for (int row = 0; row < labels.length; row++) {
        if (labels[row] >= 0) {
          double total = 0;
          for (int token = 0; token < vocabulary; token++) {
            total += Math.exp(scores[row * vocabulary + token]);
          }
          sums[row / BATCH.both().length()] +=
              scores[row * vocabulary + labels[row]] - Math.log(total);
        }
      }
    }
    return sums;
  }

  private PeftModel<DecoderForCausalLm> moved(DataType type) throws IOException {
    PeftModel<DecoderForCausalLm> adapted = fresh(type);
    Gradients.awayFromStart(adapted, 0.3);
    return adapted;
  }

  private PeftModel<DecoderForCausalLm> fresh(DataType type) throws IOException {
    return TinyModels.llama(directory, type).adapt(spec());
  }

  private static AdapterSpec spec() {
    return new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear());
  }
}
