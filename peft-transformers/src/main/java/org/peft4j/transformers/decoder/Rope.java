package org.peft4j.transformers.decoder;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.peft4j.tensor.Rotary;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * Tables of the rotary angles, as long as the longest sequence so far. May be shared by threads.
 */
public final class Rope {

  private final RopeConfig config;
  private final int headSize;
  private volatile @Nullable Table table;

  /** [positions, headSize / 2] each. */
  private record Table(Tensor cosines, Tensor sines) {

    int positions() {
      return cosines.shape().rows();
    }
  }

  /**
   * @param headSize width of one head
   * @throws IllegalArgumentException if that is odd
   */
  public Rope(RopeConfig config, int headSize) {
    if (headSize % 2 != 0) {
      throw new IllegalArgumentException(
          "head_dim must be even, since rotary positions turn pairs, but was " + headSize);
    }
    this.config = config;
    this.headSize = headSize;
  }

  /** Radians per position of each pair: [headSize / 2]. */
  double[] frequencies() {
    double[] frequencies = new double[headSize / 2];
    Arrays.setAll(
        frequencies, j -> config.scaling().scale(Math.pow(config.theta(), -2.0 * j / headSize)));
    return frequencies;
  }

  /** The turn of rows at {@code positions}. */
  public Rotary at(Tape t, int[] positions) {
    Table covering = covering(Arrays.stream(positions).max().orElse(0) + 1);
    return new Rotary(covering.cosines(), covering.sines(), headSize, t.indices(positions));
  }

  private Table covering(int positions) {
    Table current = table;
    int present = current == null ? 0 : current.positions();
    if (current == null || present < positions) {
      current = compute(Math.max(positions, 2 * present));
      table = current;
    }
    return current;
  }

  private Table compute(int positions) {
    double[] frequencies = frequencies();
    int half = frequencies.length;
    float[] cosines = new float[Math.multiplyExact(positions, half)];
    float[] sines = new float[cosines.length];
    for (int p = 0; p < positions; p++) {
      for (int j = 0; j < half; j++) {
        cosines[p * half + j] = (float) Math.cos(p * frequencies[j]);
        sines[p * half + j] = (float) Math.sin(p * frequencies[j]);
      }
    }
    return new Table(Tensor.of(cosines, positions, half), Tensor.of(sines, positions, half));
  }
}
