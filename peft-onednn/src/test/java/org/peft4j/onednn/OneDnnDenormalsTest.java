package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Numbers below {@link Float#MIN_NORMAL} cost hundreds of times as much: they are made zero. */
class OneDnnDenormalsTest {

  private static final Kernels KERNELS = new OneDnnKernels();
  private static final float DENORMAL = 1e-40f;
  private static final int SIZE = 384;
  private static final int SQUARE = SIZE * SIZE;
  private static final AdamWStep STEP = new AdamWStep(1e-3, 0.9, 0.999, 1e-8, 0, 100);

  @Test
  void momentsOfWhatHasNoGradientEndAtZeroOrNormal() {
    Buffer parameters = filled(1, 5000);
    Buffer m = filled(1e-30f, 5000);
    Buffer v = filled(1e-33f, 5000);
    for (int i = 0; i < 1000; i++) {
      KERNELS.adamW(parameters, filled(0, 5000), m, v, STEP);
    }
    assertNoDenormals(m);
    assertNoDenormals(v);
    assertThat(m.toFloats()).containsOnly(m.toFloats()[0]);
    assertThat(Math.abs(m.toFloats()[0])).isLessThan(1e-33f);
  }

  @Test
  void denormalGradientsCountNothing() {
    Buffer parameters = filled(1, 5000);
    Buffer m = filled(0, 5000);
    Buffer v = filled(0, 5000);
    KERNELS.adamW(parameters, filled(DENORMAL, 5000), m, v, STEP);
    assertThat(m.toFloats()).containsOnly(0);
    assertThat(v.toFloats()).containsOnly(0);
    assertThat(parameters.toFloats()).containsOnly(1);
  }

  /** What an update does with gradients of any ordinary size is not disturbed. */
  @Test
  void gradientsOfEverySizeAreFollowed() {
    for (double size = 1e-14; size < 1e10; size *= 10) {
      Buffer m = filled(0, 1);
      Buffer v = filled(0, 1);
      float gradient = (float) (1.2345 * size);
      KERNELS.adamW(filled(1, 1), filled(gradient, 1), m, v, STEP);
      assertEquals(1, m.toFloats()[0] / (0.1 * gradient), 1e-6);
      assertEquals(1, v.toFloats()[0] / (0.001 * gradient * gradient), size < 1e-11 ? 1e-3 : 1e-6);
    }
  }

  @Test
  void infiniteAndUndefinedGradientsAreNotHidden() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      Buffer m = filled(0, 3);
      KERNELS.adamW(filled(1, 3), filled(bad, 3), m, filled(0, 3), STEP);
      assertThat(Float.isFinite(m.toFloats()[1])).isFalse();
    }
  }

  @Test
  void aFrozenWeightMultipliesAsIfItsDenormalNumbersWereZero() {
    float[] weight = numbers(96 * 80);
    float[] cleared = weight.clone();
    for (int i = 0; i < weight.length; i += 3) {
      weight[i] = i % 2 == 0 ? DENORMAL : -DENORMAL;
      cleared[i] = 0;
    }
    for (int rows : new int[] {1, 5}) {
      assertArrayEquals(products(cleared, rows), products(weight, rows));
    }
  }

  @Test
  void aFrozenWeightShowsTheNumbersItWasGiven() {
    float[] weight = numbers(96 * 80);
    weight[17] = DENORMAL;
    Buffer buffer = buffer(weight, 96, 80);
    FrozenWeight frozen = KERNELS.freeze(buffer);
    frozen.apply(buffer(numbers(160), 2, 80), Write.SET, filled(0, 192).reshape(Shape.of(2, 96)));
    assertSame(buffer, frozen.value());
    assertEquals(DENORMAL, buffer.toFloats()[17]);
  }

  @Test
  void onlyDenormalNumbersAreCleared() {
    float[] values = {0, -0f, Float.MIN_NORMAL, -Float.MIN_NORMAL, 1, Float.MAX_VALUE, Float.NaN};
    Buffer ordinary = buffer(values, 1, values.length);
    assertSame(ordinary, Denormals.cleared(ordinary));
    float[] some = Arrays.copyOf(values, 5000);
    some[3000] = Math.nextDown(Float.MIN_NORMAL);
    some[4999] = -Float.MIN_VALUE;
    float[] expected = Arrays.copyOf(values, 5000);
    assertArrayEquals(expected, Denormals.cleared(buffer(some, 1, 5000)).toFloats());
  }

  /**
   * Large enough for every thread of OpenMP to have a part of it, and in a thread of its own: for
   * that of another test, ND4J may have started those.
   */
  @Test
  void denormalFactorsAndResultsOfAnyProductAreZero() throws Exception {
    assumeThat(FlushToZero.works()).isTrue();
    FutureTask<List<Buffer>> task =
        new FutureTask<>(
            () ->
                List.of(
                    product(filled(1e-20f, SQUARE), filled(1e-20f, SQUARE)),
                    product(filled(DENORMAL, SQUARE), filled(1e10f, SQUARE))));
    new Thread(task).start();
    for (Buffer out : task.get()) {
      assertThat(out.toFloats()).containsOnly(0);
    }
  }

  private static Buffer product(Buffer a, Buffer b) {
    Shape shape = Shape.of(SIZE, SIZE);
    Buffer out = filled(7, SQUARE).reshape(shape);
    KERNELS.timesTransposed(a.reshape(shape), b.reshape(shape), Write.SET, out);
    return out;
  }

  @Test
  void javasOwnArithmeticStaysExact() {
    float half = Float.parseFloat("0.5");
    products(numbers(96 * 80), 5);
    assertThat(Float.MIN_NORMAL * half).isEqualTo(Float.MIN_NORMAL / 2).isNotZero();
  }

  private static float[] products(float[] weight, int rows) {
    FrozenWeight frozen = KERNELS.freeze(buffer(weight, 96, 80));
    Buffer y = filled(0, rows * 96).reshape(Shape.of(rows, 96));
    frozen.apply(buffer(numbers(rows * 80), rows, 80), Write.SET, y);
    Buffer dx = filled(0, rows * 80).reshape(Shape.of(rows, 80));
    frozen.applyTransposed(y, Write.SET, dx);
    float[] both = Arrays.copyOf(y.toFloats(), rows * 176);
    System.arraycopy(dx.toFloats(), 0, both, rows * 96, rows * 80);
    return both;
  }

  private static void assertNoDenormals(Buffer x) {
    for (float value : x.toFloats()) {
      assertThat(value == 0 || Math.abs(value) >= Float.MIN_NORMAL).isTrue();
    }
  }

  private static Buffer filled(float value, int count) {
    float[] values = new float[count];
    Arrays.fill(values, value);
    return buffer(values, 1, count);
  }

  private static Buffer buffer(float[] values, int rows, int columns) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, Shape.of(rows, columns));
    buffer.put(values);
    return buffer;
  }

  private static float[] numbers(int count) {
    SplittableRandom random = new SplittableRandom(count);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextDouble() - 0.5);
    }
    return values;
  }
}
