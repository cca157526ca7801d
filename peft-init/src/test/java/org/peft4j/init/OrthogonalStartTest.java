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
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Initializers;
import org.peft4j.kernel.DataType;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.Sites;

class OrthogonalStartTest implements StartContract {

  @Override
  public Initializer start() {
    return new OrthogonalStart();
  }

  @Test
  void bothFactorsAreThereAndTheirProductIsNot() {
    LowRank start = new OrthogonalStart().start(site(), 16);

    double[] a = start.a().value().toDoubles();
    double[] b = start.b().value().toDoubles();
    assertThat(deviation(a)).isCloseTo(0.1 / Math.sqrt(2), within(0.003));
    assertThat(deviation(b)).isCloseTo(0.1 / Math.sqrt(2), within(0.003));
    assertThat(Matrix.of(start.b().value()).times(Matrix.of(start.a().value())).norm())
        .isLessThan(1e-12);
  }

  @Test
  void rejectsAnOddRank() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new OrthogonalStart().start(site(), 5))
        .withMessage("the orthogonal start halves the rank, so at layer it must be even but was 5");
  }

  @Test
  void isFoundByItsName() {
    assertThat(Initializers.named("orthogonal")).isEqualTo(new OrthogonalStart());
  }

  private static double deviation(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(v -> v * v).average().orElseThrow());
  }

  private static AdapterSite site() {
    return Sites.of("layer", Mlp.normal(DataType.FLOAT64, new Random(1), 1, 400, 500).value(), 7);
  }
}
