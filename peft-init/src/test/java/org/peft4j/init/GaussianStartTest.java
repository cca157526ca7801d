package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.LowRank;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Initializers;
import org.peft4j.kernel.DataType;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.Sites;

class GaussianStartTest implements StartContract {

  @Override
  public Initializer start() {
    return new GaussianStart();
  }

  @Test
  void drawsAWithADeviationOfOneOverTheRankAndLeavesBAtZero() {
    AdapterSite site =
        Sites.of("layer", Mlp.normal(DataType.FLOAT64, new Random(1), 1, 30, 2000).value(), 7);

    LowRank start = new GaussianStart().start(site, 8);

    double[] a = start.a().value().toDoubles();
    double mean = Arrays.stream(a).average().orElseThrow();
    double deviation =
        Math.sqrt(Arrays.stream(a).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
    assertThat(mean).isCloseTo(0, Offset.offset(0.005));
    assertThat(deviation).isCloseTo(1.0 / 8, Offset.offset(0.003));
    assertThat(start.b().value().toDoubles()).containsOnly(0);
  }

  @Test
  void isFoundByItsName() {
    assertThat(Initializers.named("gaussian")).isEqualTo(new GaussianStart());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Initializers.named("gausian"))
        .withMessageStartingWith("unknown initializer gausian; known are [")
        .withMessageContaining("gaussian");
  }
}
