package org.peft4j.outside;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.GradientCheck;

/** Operations as a user writes them: with nothing but what is public. */
class OwnOperationTest {

  @Test
  void passesTheRightGradients() {
    GradientCheck.check(new Softplus(), Shape.of(3, 5));
    GradientCheck.check(new SquaredDistance(), Shape.of(3, 5), Shape.of(3, 5));
  }

  @Test
  void computesOnATape() {
    Tensor x = Tensor.of(new double[] {-1000, 0, 1000}, 1, 3);
    try (Tape t = Tape.inference(new PlainKernels())) {
      Tensor y = t.compute(new Softplus(), x);
      assertThat(y.value().toDoubles())
          .containsExactly(new double[] {0, Math.log(2), 1000}, Offset.offset(1e-15));
    }
  }
}
