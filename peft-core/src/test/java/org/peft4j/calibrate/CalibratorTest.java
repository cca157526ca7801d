package org.peft4j.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.initializer.GradientStatistic;
import org.peft4j.initializer.InputObserver;
import org.peft4j.initializer.InputPositions;
import org.peft4j.initializer.InputStatistic;
import org.peft4j.initializer.PositionMarks;
import org.peft4j.initializer.Statistic;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.method.BaseTensor;
import org.peft4j.method.ParameterSelector;
import org.peft4j.nn.ModuleTree;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.TinyDecoder;
import org.peft4j.train.Loss;
import org.peft4j.train.Objective;

class CalibratorTest {

  private static final Kernels KERNELS = new PlainKernels();
  private static final double EXACT = 1e-12;

  /** Two sequences of four tokens. */
  private static final int[] IDS = {1, 5, 2, 7, 3, 3, 9, 4};

  private static final int[] OTHER_IDS = {4, 4, 8, 1, 0, 10, 6, 2};

  @TempDir Path folder;

  private final TinyDecoder decoder = TinyDecoder.random(DataType.FLOAT64, 1);

  /** The sum of all rows that are shown, and how many they are. */
  private record RowSum(boolean labelledOnly, int batchesWanted) implements InputStatistic {

    static final List<InputObserver> OBSERVERS = new ArrayList<>();
    static final List<Map<String, Integer>> ASKED = new ArrayList<>();

    @Override
    public String name() {
      return "row_sum_" + labelledOnly + batchesWanted;
    }

    @Override
    public long bytes(int in, int out, int rank) {
      return 8L * in;
    }

    @Override
    public boolean repeats() {
      return batchesWanted > 0;
    }

    @Override
    public boolean isSettled(Map<String, Integer> asked, Map<String, InputObserver> byLayer) {
      ASKED.add(asked);
      return batchesWanted > 0
          && byLayer.values().stream().allMatch(sum -> ((Sum) sum).batches >= batchesWanted);
    }

    @Override
    public InputObserver observe(int in, int rank) {
      Sum sum = new Sum(in, labelledOnly);
      OBSERVERS.add(sum);
      return sum;
    }

    private static final class Sum implements InputObserver {

      private final double[] sum;
      private final boolean labelledOnly;
      private int batches;
      private int rows;

      Sum(int in, boolean labelledOnly) {
        this.sum = new double[in + 1];
        this.labelledOnly = labelledOnly;
      }

      @Override
      public void add(InputPositions seen) {
        int[] chosen = labelledOnly ? seen.marks().withLabel() : seen.marks().real();
        double[] values = seen.copy(chosen).toDoubles();
        for (int i = 0; i < values.length; i++) {
          sum[i % (sum.length - 1)] += values[i];
        }
        rows += chosen.length;
        batches++;
      }

      @Override
      public Map<String, Buffer> result() {
        sum[sum.length - 1] = rows;
        return Map.of("sum", Tensor.of(sum, sum.length).value());
      }
    }
  }

  /** The whole gradient. */
  private record WholeGradient() implements GradientStatistic {

    @Override
    public String name() {
      return "whole_gradient";
    }

    @Override
    public long bytes(int in, int out, int rank) {
      return 8L * in * out;
    }

    @Override
    public Map<String, Buffer> of(String layer, int rank, Buffer gradient) {
      Shape shape = gradient.shape();
      return Map.of("g", Tensor.of(gradient.toDoubles(), shape.dims()).value());
    }
  }

  /** Trains every tensor. */
  private record Everything() implements ParameterSelector {

    @Override
    public String type() {
      return "EVERYTHING";
    }

    @Override
    public String method() {
      return "everything";
    }

    @Override
    public Set<String> select(List<BaseTensor> tensors) {
      return tensors.stream().map(BaseTensor::path).collect(Collectors.toSet());
    }
  }

  // ---- gradients ----

  @Test
  void findsTheMeanGradientThatFullFineTuningHas() {
    List<int[]> batches = List.of(IDS, OTHER_IDS);
    Statistics found = gather(calibration(batches), new WholeGradient(), linears());

    Map<String, double[]> expected = fullGradients(batches);
    for (String path : linears()) {
      assertThat(found.of(path).get("whole_gradient").get("g").toDoubles())
          .as(path)
          .containsExactly(expected.get(path + ".weight"), within(EXACT));
    }
  }

  @Test
  void gathersInSeveralPassesWhatDoesNotFitAtOnce() {
    Calibration<int[]> tight = calibration(List.of(IDS, OTHER_IDS)).within(1);
    Statistics atOnce =
        gather(calibration(List.of(IDS, OTHER_IDS)), new WholeGradient(), linears());
    Statistics oneByOne = Statistics.NONE;
    for (String path : linears()) {
      oneByOne = oneByOne.and(gather(tight, new WholeGradient(), List.of(path)));
    }

    for (String path : linears()) {
      assertThat(oneByOne.of(path).get("whole_gradient").get("g").toDoubles())
          .containsExactly(atOnce.of(path).get("whole_gradient").get("g").toDoubles());
    }
  }

  @Test
  void aFirstLayerWhoseInputNeedsNoGradientHasOne() {
    Mlp model = Mlp.random(DataType.FLOAT64, 1);
    Tensor x = Mlp.normal(DataType.FLOAT64, new Random(2), 1, 6, Mlp.IN);
    Tensor target = Mlp.normal(DataType.FLOAT64, new Random(3), 1, 6, Mlp.OUT);
    Calibration<Tensor> calibration =
        new Calibration<>(
            (t, input) -> new Loss(t.meanSquaredError(model.forward(t, input), target), 1),
            any -> PositionMarks.all(6),
            List.of(x));
    Statistics found =
        new Calibrator<>(calibration, ModuleTree.hosts(model), KERNELS, (shown, most) -> {})
            .gather(Map.of("lin0", List.of(new Wanted(new WholeGradient(), 1))));

    double[] gradient = found.of("lin0").get("whole_gradient").get("g").toDoubles();
    assertThat(Arrays.stream(gradient).filter(value -> value != 0).count())
        .isEqualTo(gradient.length);
  }

  @Test
  void aLossThatIsNotFiniteIsNamed() {
    Calibration<int[]> broken =
        new Calibration<>(
            (t, ids) -> {
              Loss loss = loss(t, ids);
              return new Loss(t.scale(loss.sum(), Double.POSITIVE_INFINITY), 8);
            },
            ids -> PositionMarks.all(8),
            List.of(IDS));

    assertThatIllegalStateException()
        .isThrownBy(() -> gather(broken, new WholeGradient(), linears()))
        .withMessage("the loss of calibration batch 1 is Infinity, so it has no gradient");
  }

  // ---- inputs ----

  @Test
  void layersThatShareTheirInputShareWhatIsFoundOut() {
    RowSum.OBSERVERS.clear();
    Statistics found =
        gather(calibration(List.of(IDS, OTHER_IDS)), new RowSum(false, 0), linears());

    assertThat(of(found, "k_proj")).isSameAs(of(found, "q_proj"));
    assertThat(of(found, "v_proj")).isSameAs(of(found, "q_proj"));
    assertThat(of(found, "up_proj")).isSameAs(of(found, "gate_proj"));
    assertThat(of(found, "o_proj")).isNotSameAs(of(found, "q_proj"));
    assertThat(RowSum.OBSERVERS).hasSize(4);
  }

  @Test
  void leavesPaddingAndUnlabelledRowsOut() {
    PositionMarks marks =
        new PositionMarks(
            new int[] {0, 0, 0, -1, 1, 1, -1, -1},
            new boolean[] {false, true, true, true, false, true, true, true});
    Calibration<int[]> marked =
        new Calibration<>(CalibratorTest.this::loss, ids -> marks, List.of(IDS));

    assertThat(rows(gather(marked, new RowSum(false, 0), linears()))).isEqualTo(5);
    assertThat(rows(gather(marked, new RowSum(true, 0), linears()))).isEqualTo(3);
    assertThat(marks.bySequence()).containsExactly(new int[] {0, 1, 2}, new int[] {4, 5});
  }

  @Test
  void showsTheDataOnceToThoseWhoWantNoMore() {
    assertThat(rows(gather(calibration(List.of(IDS, OTHER_IDS)), new RowSum(false, 0), linears())))
        .isEqualTo(16);
  }

  @Test
  void showsTheDataAgainUntilEnoughIsSeen() {
    List<Integer> shown = new ArrayList<>();
    Calibration<int[]> data = calibration(List.of(IDS, OTHER_IDS));
    Map<String, List<Wanted>> wanted = wanted(linears(), new RowSum(false, 5));

    Statistics found =
        new Calibrator<>(data, ModuleTree.hosts(decoder), KERNELS, (done, most) -> shown.add(done))
            .gather(wanted);

    assertThat(rows(found)).isEqualTo(5 * 8);
    assertThat(shown).containsExactly(1, 2, 3, 4, 5);
  }

  @Test
  void asksOnceAfterEachBatchAndSaysWhichRanksAreWanted() {
    RowSum.ASKED.clear();
    Map<String, List<Wanted>> wanted = new LinkedHashMap<>();
    wanted.put("q_proj", List.of(new Wanted(new RowSum(false, 3), 2)));
    wanted.put("o_proj", List.of(new Wanted(new RowSum(false, 3), 5)));

    new Calibrator<>(
            calibration(List.of(IDS, OTHER_IDS)),
            ModuleTree.hosts(decoder),
            KERNELS,
            (shown, most) -> {})
        .gather(wanted);

    assertThat(RowSum.ASKED).hasSize(3).containsOnly(Map.of("q_proj", 2, "o_proj", 5));
  }

  @Test
  void showsNothingAgainToThoseWhoAreNotConcerned() {
    List<Integer> shown = new ArrayList<>();
    Map<String, List<Wanted>> wanted = new LinkedHashMap<>();
    linears()
        .forEach(
            path ->
                wanted.put(
                    path,
                    List.of(
                        new Wanted(new RowSum(false, 0), 1),
                        new Wanted(new RowSum(false, 3), 1),
                        new Wanted(new WholeGradient(), 1))));

    Statistics found =
        new Calibrator<>(
                calibration(List.of(IDS, OTHER_IDS)),
                ModuleTree.hosts(decoder),
                KERNELS,
                (done, most) -> shown.add(done))
            .gather(wanted);

    assertThat(shown).containsExactly(1, 2, 3);
    Map<String, Map<String, Buffer>> seen = found.of("q_proj");
    assertThat(last(seen.get("row_sum_false0").get("sum"))).isEqualTo(2 * 8);
    assertThat(last(seen.get("row_sum_false3").get("sum"))).isEqualTo(3 * 8);
  }

  @Test
  void dataThatComeOnlyOnceCannotBeShownAgain() {
    Iterator<int[]> once = List.of(IDS, OTHER_IDS).iterator();
    Calibration<int[]> data =
        new Calibration<>(this::loss, ids -> PositionMarks.all(ids.length), () -> once);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> gather(data, new RowSum(false, 3), linears()))
        .withMessage(
            "the batches came once only but are to be shown again; calibrate on what can be"
                + " iterated again, such as a list");
  }

  @Test
  void neverShowsMoreBatchesThanAllowed() {
    Calibration<int[]> data = calibration(List.of(IDS, OTHER_IDS)).showingAtMost(3);

    assertThat(rows(gather(data, new RowSum(false, 100), linears()))).isEqualTo(3 * 8);
  }

  @Test
  void onePassServesSeveralStatistics() {
    List<Integer> shown = new ArrayList<>();
    Map<String, List<Wanted>> wanted = new LinkedHashMap<>();
    linears()
        .forEach(
            path ->
                wanted.put(
                    path,
                    List.of(
                        new Wanted(new RowSum(false, 0), 1), new Wanted(new WholeGradient(), 1))));
    Statistics found =
        new Calibrator<>(
                calibration(List.of(IDS)),
                ModuleTree.hosts(decoder),
                KERNELS,
                (done, most) -> shown.add(done))
            .gather(wanted);

    assertThat(shown).containsExactly(1);
    assertThat(found.of("q_proj")).containsOnlyKeys("row_sum_false0", "whole_gradient");
  }

  // ---- mistakes ----

  @Test
  void noDataIsAnError() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> gather(calibration(List.of()), new RowSum(false, 0), linears()))
        .withMessage("there is nothing to calibrate on: no batch came");
  }

  @Test
  void aLayerThatSawNothingIsNamed() {
    Calibration<int[]> elsewhere =
        new Calibration<>(
            (t, ids) ->
                new Loss(t.crossEntropySum(decoder.tokens().forward(t, ids), new int[8]), 8),
            ids -> PositionMarks.all(8),
            List.of(IDS));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> gather(elsewhere, new RowSum(false, 0), List.of("q_proj")))
        .withMessage(
            "[q_proj] saw none of the data; take it out of the targets, or calibrate on data that"
                + " use it");
  }

  @Test
  void leavesTheModelAsItWas() {
    double[] before = logits();

    gather(calibration(List.of(IDS)), new WholeGradient(), linears());

    assertThat(logits()).containsExactly(before);
  }

  // ---- files ----

  @Test
  void isReadBackAsItWasWithWhatLayersShare() throws IOException {
    Statistics found = gather(calibration(List.of(IDS)), new RowSum(false, 0), linears());
    Path file = folder.resolve("statistics.safetensors");
    found.save(file);

    Statistics read = Statistics.load(file);

    assertThat(read.layers()).containsExactlyInAnyOrderElementsOf(found.layers());
    for (String path : linears()) {
      assertThat(of(read, path).get("sum").toDoubles())
          .containsExactly(of(found, path).get("sum").toDoubles());
    }
    assertThat(of(read, "k_proj")).isSameAs(of(read, "q_proj"));
  }

  @Test
  void anotherFileIsRefused() throws IOException {
    Path file = folder.resolve("other.safetensors");
    Safetensors.write(file, Map.of("a", Tensor.of(new double[] {1}, 1).value()));

    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> Statistics.load(file)))
        .isInstanceOf(AdapterFormatException.class)
        .hasMessage(file + ": holds no statistics of a calibration");
  }

  private <S extends Statistic> Statistics gather(
      Calibration<int[]> calibration, S statistic, List<String> paths) {
    return new Calibrator<>(calibration, ModuleTree.hosts(decoder), KERNELS, (shown, most) -> {})
        .gather(wanted(paths, statistic));
  }

  private static Map<String, List<Wanted>> wanted(List<String> paths, Statistic statistic) {
    Map<String, List<Wanted>> wanted = new LinkedHashMap<>();
    paths.forEach(path -> wanted.put(path, List.of(new Wanted(statistic, 1))));
    return wanted;
  }

  private Calibration<int[]> calibration(List<int[]> batches) {
    return new Calibration<>(this::loss, ids -> PositionMarks.all(ids.length), batches);
  }

  /** The next token of two sequences; the second batch predicts fewer. */
  private Loss loss(Tape t, int[] ids) {
    int[] labels = IntStream.range(0, 8).map(i -> i % 4 == 3 ? -1 : ids[i + 1]).toArray();
    if (ids == OTHER_IDS) {
      Arrays.fill(labels, 0, 3, -1);
    }
    int counted = (int) Arrays.stream(labels).filter(label -> label >= 0).count();
    return new Loss(t.crossEntropySum(decoder.forward(t, ids, 2), labels), counted);
  }

  private static List<String> linears() {
    return List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");
  }

  private static Map<String, Buffer> of(Statistics found, String path) {
    return found.of(path).values().iterator().next();
  }

  private static double rows(Statistics found) {
    return last(of(found, "q_proj").get("sum"));
  }

  private static double last(Buffer buffer) {
    double[] values = buffer.toDoubles();
    return values[values.length - 1];
  }

  private double[] logits() {
    try (Tape t = Tape.inference(KERNELS)) {
      return decoder.forward(t, IDS, 2).value().toDoubles();
    }
  }

  private Map<String, double[]> fullGradients(List<int[]> batches) {
    PeftModel<TinyDecoder> model =
        Peft.adapt(decoder, new AdapterSpec(new Everything(), TargetModules.allLinear()));
    Map<String, Tensor> trained = model.trainable();
    Objective<int[]> objective = this::loss;
    double weight = 0;
    try (Tape t = model.training()) {
      for (Iterator<int[]> each = batches.iterator(); each.hasNext(); t.reset()) {
        Loss loss = objective.loss(t, each.next());
        weight += loss.terms();
        t.backward(loss.sum(), 1);
      }
    }
    Map<String, double[]> gradients = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> entry : trained.entrySet()) {
      double[] values = entry.getValue().gradient().toDoubles();
      for (int i = 0; i < values.length; i++) {
        values[i] /= weight;
      }
      gradients.put(entry.getKey(), values);
    }
    return gradients;
  }
}
