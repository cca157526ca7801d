package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.LowRank;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Initializers;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.Sites;

class OloraStartTest implements StartContract {

  @Override
  public Initializer start() {
    return new OloraStart();
  }

  @Test
  void startsFromOrthonormalColumnsThatReachTheFirstColumnsOfTheWeight() {
    Buffer weight = Mlp.normal(DataType.FLOAT64, new Random(2), 1, 20, 30).value();
    AdapterSite site = Sites.of("layer", weight, 7);

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
