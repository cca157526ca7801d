package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.LowRank;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.init.linalg.Svd;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Initializers;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.Sites;

class PissaStartTest implements StartContract {

  @Override
  public Initializer start() {
    return new PissaStart();
  }

  @Test
  void leavesTheTailOfTheSpectrumFrozenWhateverTheScale() {
    Matrix weight = Matrix.of(weight());
    double[] values = Svd.of("W", weight).singularValues();

    for (double scaling : new double[] {0.5, 1, 3}) {
      Matrix rest = weight.minus(product(new PissaStart(), 4, scaling));

      double[] left = Svd.of("rest", rest).singularValues();
      assertThat(Arrays.copyOf(left, values.length - 4))
          .containsExactly(Arrays.copyOfRange(values, 4, values.length), within(1e-12));
      assertThat(left[values.length - 4]).isLessThan(1e-12);
    }
  }

  @Test
  void sharesEverySingularValueEvenlyBetweenTheFactors() {
    LowRank start = new PissaStart().start(site(), 3, 2).factors();
    double[] values = Svd.of("W", Matrix.of(weight())).singularValues();

    Matrix a = Matrix.of(start.a().value());
    Matrix b = Matrix.of(start.b().value());
    Matrix expected = Matrix.diagonal(values[0] / 2, values[1] / 2, values[2] / 2);

    assertThat(a.timesTranspose(a).minus(expected).norm()).isLessThan(1e-12);
    assertThat(b.transposeTimes(b).minus(expected).norm()).isLessThan(1e-12);
  }

  @Test
  void theFastOneLeavesNearlyAsLittle() {
    Matrix weight = Matrix.of(weight());
    double best = weight.minus(product(new PissaStart(), 4, 2)).norm();
    double fast = weight.minus(product(PissaStart.fast(4), 4, 2)).norm();

    assertThat(fast).isBetween(best - 1e-12, 1.01 * best);
  }

  @Test
  void theFastOneIsDrawnFromTheSeed() {
    double[] one = product(PissaStart.fast(1), 4, 2).toArray();

    assertThat(product(PissaStart.fast(1), 4, 2).toArray()).isEqualTo(one);
  }

  @Test
  void namesTheLayerWhoseWeightIsNotFinite() {
    Buffer broken = weight();
    double[] values = broken.toDoubles();
    values[7] = Double.NaN;
    broken.put(values);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PissaStart().start(site(broken), 2, 1))
        .withMessageContaining("layers.3.q_proj");
  }

  @Test
  void isFoundByItsNames() {
    assertThat(Initializers.named("pissa")).isEqualTo(new PissaStart());
    assertThat(Initializers.named("pissa_niter_16")).isEqualTo(PissaStart.fast(16));
    assertThat(PissaStart.fast(16).name()).isEqualTo("pissa_niter_16");
    assertThat(Initializers.find("pissa_niter_x")).isEmpty();
  }

  @Test
  void onlyTheExactOneCanBeRepeatedElsewhere() {
    assertThat(new PissaStart().isRepeatable()).isTrue();
    assertThat(PissaStart.fast(4).isRepeatable()).isFalse();
  }

  @Test
  void rejectsLessThanNoIterations() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PissaStart.fast(-1))
        .withMessage("iterations must be at least 0 but was -1");
  }

  /** {@code s·B·A}. */
  private static Matrix product(PissaStart by, int rank, double scaling) {
    LowRank start = by.start(site(), rank, scaling).factors();
    return Matrix.of(start.b().value()).times(Matrix.of(start.a().value())).times(scaling);
  }

  private static AdapterSite site() {
    return site(weight());
  }

  private static AdapterSite site(Buffer weight) {
    return Sites.of("layers.3.q_proj", weight, 7);
  }

  private static Buffer weight() {
    return Mlp.normal(DataType.FLOAT64, new Random(2), 1, 20, 30).value();
  }
}
