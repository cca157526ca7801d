package org.peft4j.transformers.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.tensor.Rotary;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

class RopeTest {

  /** By {@code _compute_llama3_parameters} of transformers, in float64: theta 500000, size 128. */
  @Test
  void llama3ScalingLeavesFastWavesSlowsSlowOnesAndBlendsBetween() {
    RopeScaling scaling = new RopeScaling.Llama3(8, 1, 4, 8192);
    double[] frequencies = new Rope(new RopeConfig(500_000, scaling), 128).frequencies();

    assertThat(frequencies[0]).isCloseTo(1.0, within(1e-15));
    assertThat(frequencies[1]).isCloseTo(0.8146172338565447, within(1e-15));
    assertThat(frequencies[20]).isCloseTo(0.016560440080994446, within(1e-15));
    assertThat(frequencies[28]).isCloseTo(0.0032114459947525913, within(1e-15));
    assertThat(frequencies[29]).isCloseTo(0.002166570763503359, within(1e-15));
    assertThat(frequencies[30]).isCloseTo(0.0013718935677611381, within(1e-15));
    assertThat(frequencies[32]).isCloseTo(0.0005248461609929547, within(1e-15));
    assertThat(frequencies[35]).isCloseTo(9.556212353964683e-05, within(1e-15));
    assertThat(frequencies[36]).isCloseTo(7.78465527393245e-05, within(1e-15));
    assertThat(frequencies[50]).isCloseTo(4.411534674558404e-06, within(1e-15));
    assertThat(frequencies[63]).isCloseTo(3.068925988914511e-07, within(1e-15));
  }

  @Test
  void linearScalingMovesPositionsTogether() {
    double[] plain = new Rope(new RopeConfig(10_000, RopeScaling.none()), 8).frequencies();
    double[] scaled = new Rope(new RopeConfig(10_000, new RopeScaling.Linear(4)), 8).frequencies();

    for (int j = 0; j < 4; j++) {
      assertThat(scaled[j]).isEqualTo(plain[j] / 4);
    }
  }

  @Test
  void anglesArePositionTimesFrequency() {
    Rope rope = new Rope(new RopeConfig(100, RopeScaling.none()), 4);

    try (Tape t = Tape.inference(new PlainKernels())) {
      Rotary few = rope.at(t, new int[] {0, 1});
      Rotary more = rope.at(t, new int[] {7});

      assertThat(few.positions().value().toInts()).containsExactly(0, 1);
      assertThat(row(few.cosines(), 0)).containsExactly(1, 1);
      assertThat(row(more.cosines(), 7)[0]).isEqualTo((float) Math.cos(7));
      assertThat(row(more.sines(), 7)[1]).isEqualTo((float) Math.sin(7 * 0.1));
      assertThat(row(more.sines(), 1)).containsExactly(row(few.sines(), 1));
    }
  }

  private static float[] row(Tensor table, int position) {
    return table.value().rows(position, position + 1).toFloats();
  }
}
