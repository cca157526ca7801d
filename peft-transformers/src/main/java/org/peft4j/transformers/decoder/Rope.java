package org.peft4j.transformers.decoder;

import java.util.Arrays;
import org.peft4j.kernel.Rotation;

/**
 * Tables of the rotary angles, as long as the longest sequence so far. May be shared by threads.
 */
public final class Rope {

  private final RopeConfig config;
  private final int headSize;
  private volatile Table table = new Table(new float[0][], new float[0][]);

  private record Table(float[][] cosines, float[][] sines) {}

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
  public Rotation at(int[] positions) {
    Table covering = covering(Arrays.stream(positions).max().orElse(0) + 1);
    return new Rotation(covering.cosines(), covering.sines(), headSize, positions);
  }

  private Table covering(int positions) {
    Table current = table;
    if (current.cosines().length < positions) {
      current = compute(Math.max(positions, 2 * current.cosines().length));
      table = current;
    }
    return current;
  }

  private Table compute(int positions) {
    double[] frequencies = frequencies();
    float[][] cosines = new float[positions][frequencies.length];
    float[][] sines = new float[positions][frequencies.length];
    for (int p = 0; p < positions; p++) {
      for (int j = 0; j < frequencies.length; j++) {
        cosines[p][j] = (float) Math.cos(p * frequencies[j]);
        sines[p][j] = (float) Math.sin(p * frequencies[j]);
      }
    }
    return new Table(cosines, sines);
  }
}
