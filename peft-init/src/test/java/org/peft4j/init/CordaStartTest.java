package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.init.CordaStart.Metric;
import org.peft4j.init.CordaStart.Mode;
import org.peft4j.init.CordaStart.Normalizer;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.init.linalg.Svd;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Initializers;
import org.peft4j.initializer.Start;
import org.peft4j.io.RecordCodec;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.Sites;

class CordaStartTest implements StartContract {

  private static final int IN = 30;
  private static final int OUT = 20;
  private static final int RANK = 4;

  /** Inputs [200, in] whose features differ in size. */
  private static final Matrix X =
      normal(3, 200, IN)
          .scaleColumns(IntStream.range(0, IN).mapToDouble(i -> 0.1 + i / 10.0).toArray());

  private static final Matrix W = normal(2, OUT, IN);

  @Override
  public Initializer start() {
    return new CordaStart();
  }

  @Test
  void leavesTheTailOfWhatTheInputsMakeOfTheWeight() {
    Matrix seen = damped(covariance(X));
    double[] values = Svd.of("W·C", W.times(seen)).singularValues();

    Matrix rest = W.minus(product(raw(), 3)).times(seen);

    assertThat(Svd.of("rest", rest).singularValues())
        .startsWith(Arrays.copyOfRange(values, RANK, OUT), within(1e-9 * values[0]));
  }

  @Test
  void knowledgePreservedItTrainsThatTail() {
    Matrix seen = damped(covariance(X));
    double[] values = Svd.of("W·C", W.times(seen)).singularValues();

    Matrix trained = product(raw().in(Mode.KPM), 3).times(seen);

    assertThat(Svd.of("trained", trained).components(0, RANK).singularValues())
        .containsExactly(Arrays.copyOfRange(values, OUT - RANK, OUT), within(1e-9 * values[0]));
  }

  @ParameterizedTest
  @EnumSource
  void isTheWholeWeightAtTheFullRank(Mode mode) {
    Start whole = raw().in(mode).start(site(), OUT, 0.5, seen(covariance(X), 1));

    assertThat(b(whole).times(a(whole)).times(0.5).toArray())
        .containsExactly(W.toArray(), within(1e-10));
    assertThat(whole.facts().energy().orElseThrow()).isCloseTo(1, within(1e-12));
  }

  @ParameterizedTest
  @EnumSource
  void aLargerCovarianceMakesBLargerAndASmallerAtTheSameProduct(Mode mode) {
    Start one = raw().in(mode).start(site(), RANK, 2, seen(covariance(X), 1));
    Start other = raw().in(mode).start(site(), RANK, 2, seen(covariance(X).times(1e4), 1));

    assertClose(b(other).times(a(other)), b(one).times(a(one)));
    assertClose(a(other), a(one).times(0.01));
    assertClose(b(other), b(one).times(100));
  }

  @ParameterizedTest
  @EnumSource
  void balancedItDoesNotDependOnTheSizeOfTheCovariance(Mode mode) {
    CordaStart balanced = new CordaStart(mode, Normalizer.NONE, true, Metric.COVARIANCE, 0.01);
    Start one = balanced.start(site(), RANK, 2, seen(covariance(X), 1));
    Start other = balanced.start(site(), RANK, 2, seen(covariance(X).times(1e4), 1));

    assertThat(a(one).norm()).isCloseTo(b(one).norm(), within(1e-12));
    assertClose(a(other), a(one));
    assertClose(b(other), b(one));
    assertClose(b(one).times(a(one)).times(2), product(raw().in(mode), 2));
  }

  @Test
  void theRootLeavesTheLeastErrorInTheOutput() {
    CordaStart root = new CordaStart(Mode.IPM, Normalizer.NONE, false, Metric.ROOT, 1e-9);
    Start pissa = new PissaStart().start(site(), RANK, 1);

    double byWeight = outputError(b(pissa).times(a(pissa)));
    double byCovariance = outputError(product(raw(), 1));
    double byRoot = outputError(product(root, 1));

    double[] values = Svd.of("W·Xᵀ", W.timesTranspose(X)).singularValues();
    double least = Math.sqrt(Arrays.stream(values).skip(RANK).map(v -> v * v).sum());
    assertThat(byRoot).isCloseTo(least, within(1e-6 * least)).isLessThan(0.99 * byCovariance);
    assertThat(byCovariance).isLessThan(byWeight);
  }

  @Test
  void theAuthorsDivideBy256HoweverManySamplesThereWere() {
    Map<String, Buffer> seen = seen(covariance(X), 64);
    Start official =
        new CordaStart().normalizedBy(Normalizer.OFFICIAL).start(site(), RANK, 1, seen);
    Start peft = new CordaStart().normalizedBy(Normalizer.PEFT).start(site(), RANK, 1, seen);

    assertClose(a(official), a(peft).times(2));
    assertClose(b(official), b(peft).times(0.5));
  }

  @Test
  void reportsTheShareAndTheConditionOfWhatItDecomposed() {
    double[] diagonal = new double[IN];
    Arrays.fill(diagonal, 1);
    diagonal[7] = 71;
    Matrix covariance = Matrix.diagonal(diagonal);
    double damp = 0.01 * 100 / IN;

    Start start = raw().start(site(), RANK, 1, seen(covariance, 1));

    double[] values = Svd.of("W·C", W.times(damped(covariance))).singularValues();
    double all = Arrays.stream(values).map(v -> v * v).sum();
    double kept = Arrays.stream(values).limit(RANK).map(v -> v * v).sum();
    assertThat(start.facts().energy().orElseThrow()).isCloseTo(kept / all, within(1e-12));
    assertThat(start.facts().condition().orElseThrow())
        .isCloseTo((71 + damp) / (1 + damp), within(1e-9));
  }

  @Test
  void startsFromASingleTokenToo() {
    Matrix token = X.rows(0, 1);

    Start start = raw().start(site(), OUT, 1, seen(covariance(token), 1));

    assertThat(start.facts().condition().orElseThrow()).isCloseTo(1 + IN / 0.01, within(1e-6));
    assertThat(b(start).times(a(start)).toArray()).containsExactly(W.toArray(), within(1e-9));
  }

  @Test
  void balancesAWeightOfZerosWithoutDividingByThem() {
    CordaStart balanced = new CordaStart(Mode.IPM, Normalizer.NONE, true, Metric.COVARIANCE, 0.01);

    Start start = balanced.start(site(W.times(0)), RANK, 1, seen(covariance(X), 1));

    assertThat(a(start).norm()).isZero();
    assertThat(b(start).norm()).isZero();
  }

  @Test
  void namesTheLayerWhoseWeightIsNotFinite() {
    double[] values = W.toArray();
    values[2 * IN + 7] = Double.NaN;

    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> raw().start(site(Matrix.of(OUT, IN, values)), 2, 1, seen(covariance(X), 1)))
        .withMessage(
            "the weight of layers.3.q_proj must hold finite numbers but has others in row 2");
  }

  @Test
  void refusesARankAboveTheSmallerSideOfTheWeight() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> raw().start(site(), OUT + 1, 1, seen(covariance(X), 1)))
        .withMessage(
            "layers.3.q_proj is [20, 30], so corda_ipm can start a rank of at most 20 there but it"
                + " was 21");
  }

  @Test
  void refusesTheStatisticsOfAnotherModel() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> raw().start(site(), RANK, 1, seen(Matrix.identity(24), 1)))
        .withMessage(
            "the inputs of layers.3.q_proj are 30 wide but the statistics are of inputs 24 wide;"
                + " they belong to another model");
  }

  @Test
  void refusesToDoWithoutDamping() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CordaStart(Mode.IPM, Normalizer.RMS, false, Metric.COVARIANCE, 0))
        .withMessage("damping must be above 0 but was 0.0");
  }

  @Test
  void isFoundByItsNames() {
    assertThat(Initializers.named("corda_ipm")).isEqualTo(new CordaStart());
    assertThat(Initializers.named("corda_kpm")).isEqualTo(new CordaStart().in(Mode.KPM));
    assertThat(Initializers.named("corda")).isEqualTo(new CordaStart());
    assertThat(Initializers.find("corda_xpm")).isEmpty();
    assertThat(new CordaStart().in(Mode.KPM).fileName()).isEqualTo("corda");
  }

  @Test
  void isSetByTheKeysOfFiles() throws IOException {
    String settings =
        """
        {"corda_method": "kpm", "normalizer": "rms", "balanced": true, "metric": "root",
         "damping": 0.1}""";

    CordaStart read =
        RecordCodec.read(
            Path.of("settings"),
            new ObjectMapper().readValue(settings, ObjectNode.class),
            new CordaStart());

    assertThat(read).isEqualTo(new CordaStart(Mode.KPM, Normalizer.RMS, true, Metric.ROOT, 0.1));
  }

  /** Of a covariance as it is. */
  private static CordaStart raw() {
    return new CordaStart().normalizedBy(Normalizer.NONE);
  }

  /** {@code s·B·A}. */
  private static Matrix product(CordaStart by, double scaling) {
    Start start = by.start(site(), RANK, scaling, seen(covariance(X), 1));
    return b(start).times(a(start)).times(scaling);
  }

  private static double outputError(Matrix instead) {
    return W.minus(instead).timesTranspose(X).norm();
  }

  private static Matrix covariance(Matrix x) {
    return x.transposeTimes(x);
  }

  private static Matrix damped(Matrix covariance) {
    double trace = 0;
    for (int i = 0; i < IN; i++) {
      trace += covariance.get(i, i);
    }
    return covariance.minus(Matrix.identity(IN).times(-0.01 * trace / IN));
  }

  private static Map<String, Buffer> seen(Matrix sum, double samples) {
    return Map.of("sum", buffer(sum), "samples", buffer(Matrix.of(1, 1, samples)));
  }

  private static AdapterSite site() {
    return site(W);
  }

  private static AdapterSite site(Matrix weight) {
    return Sites.of("layers.3.q_proj", buffer(weight), 7);
  }

  private static Buffer buffer(Matrix matrix) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT64, Shape.of(matrix.rows(), matrix.columns()));
    matrix.copyTo(buffer);
    return buffer;
  }

  private static Matrix a(Start start) {
    return Matrix.of(start.factors().a().value());
  }

  private static Matrix b(Start start) {
    return Matrix.of(start.factors().b().value());
  }

  private static Matrix normal(long seed, int rows, int columns) {
    return Matrix.of(Mlp.normal(DataType.FLOAT64, new Random(seed), 1, rows, columns).value());
  }

  private static void assertClose(Matrix actual, Matrix expected) {
    assertThat(actual.minus(expected).norm()).isLessThan(1e-9 * expected.norm());
  }
}
