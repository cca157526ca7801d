package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.Initializers;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.SiteStart;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.testkit.Mlp;

class OloraStartTest implements StartContract {

  @Override
  public Initializer start() {
    return new OloraStart();
  }

  @Test
  void startsFromOrthonormalColumnsThatReachTheFirstColumnsOfTheWeight() {
    Buffer weight = Mlp.normal(DataType.FLOAT64, new Random(2), 1, 20, 30).value();
    AdapterSite site =
        new AdapterSite("layer", weight, KernelSets.forType(DataType.FLOAT64), 7, SiteStart.OWN);

    LowRank start = new OloraStart().start(site, 4, 2).factors();

    Matrix a = Matrix.of(start.a().value());
    Matrix b = Matrix.of(start.b().value());
    assertThat(b.transposeTimes(b).minus(Matrix.identity(4)).norm()).isLessThan(1e-12);
    Matrix rest = Matrix.of(weight).minus(b.times(a));
    assertThat(rest.columns(0, 4).norm()).isLessThan(1e-12);
    assertThat(b.transposeTimes(rest).norm()).isLessThan(1e-12);
  }

  @Test
  void isFoundByItsName() {
    assertThat(Initializers.named("olora")).isEqualTo(new OloraStart());
  }
}
