package org.peft4j.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.ImageShape;
import org.peft4j.kernel.Window;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

class Conv2dTest {

  private static final ConvolutionShape SHAPE =
      new ConvolutionShape(new ImageShape(1, 2, 3), 2, Window.of(2));
  private static final Tensor WEIGHT = Tensor.of(new double[] {1, 0, 0, 1, 0, 1, 2, 0}, 2, 1, 2, 2);
  private static final Tensor BIAS = Tensor.of(new double[] {10, 20}, 2);

  @Test
  void convolvesAndAddsItsBiasToEveryPixel() {
    Conv2d layer = Conv2d.of(new StateDict(Map.of("c.weight", WEIGHT, "c.bias", BIAS)), "c", SHAPE);
    assertThat(forward(layer)).containsExactly(16, 18, 30, 33);
    assertThat(layer.parameters()).containsOnlyKeys("weight", "bias");
  }

  @Test
  void mayLackABias() {
    Conv2d layer = Conv2d.of(new StateDict(Map.of("c.weight", WEIGHT)), "c", SHAPE);
    assertThat(forward(layer)).containsExactly(6, 8, 10, 13);
    assertThat(layer.parameters()).containsOnlyKeys("weight");
  }

  /** [[1, 2, 3], [4, 5, 6]]. */
  private static double[] forward(Conv2d layer) {
    try (Tape t = Tape.inference(new PlainKernels())) {
      Tensor x = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 1, 6);
      return layer.forward(t, x).value().toDoubles();
    }
  }
}
