package org.peft4j.kernel;

import java.util.SplittableRandom;

/** What a dropout mask holds, for engines that draw it on the host. */
public final class DropoutMask {

  private DropoutMask() {}

  /** The elements that {@link Kernels#dropoutMask} tells of. */
  public static float[] drawn(long seed, double probability, int length) {
    SplittableRandom random = new SplittableRandom(seed);
    float kept = (float) (1 / (1 - probability));
    float[] mask = new float[length];
    for (int i = 0; i < length; i++) {
      mask[i] = random.nextDouble() < probability ? 0 : kept;
    }
    return mask;
  }
}
