package org.peft4j.init;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.peft4j.settings.FileKey;

/**
 * Which of the gradient's 2r leading singular vectors go into A, the others going into B. Every
 * split is as good for the first step, as long as no vector goes into both.
 */
public enum LoraGaDirection {
  /** A has the first r right vectors, B the next r left ones. */
  @FileKey("ArB2r")
  A_R_B_2R {
    @Override
    int[] inA(int rank, long seed) {
      return IntStream.range(0, rank).toArray();
    }
  },
  /** A has the second r right vectors, B the first r left ones. */
  @FileKey("A2rBr")
  A_2R_B_R {
    @Override
    int[] inA(int rank, long seed) {
      return IntStream.range(rank, 2 * rank).toArray();
    }
  },
  /** By turns, B first. */
  @FileKey("ArBr")
  A_R_B_R {
    @Override
    int[] inA(int rank, long seed) {
      return IntStream.range(0, rank).map(i -> 2 * i + 1).toArray();
    }
  },
  /** Drawn, from a seed of the layer's. */
  @FileKey("random")
  RANDOM {
    @Override
    int[] inA(int rank, long seed) {
      Random random = new Random(seed);
      int[] all = IntStream.range(0, 2 * rank).toArray();
      for (int last = all.length - 1; last > 0; last--) {
        int other = random.nextInt(last + 1);
        int kept = all[last];
        all[last] = all[other];
        all[other] = kept;
      }
      return Arrays.copyOf(all, rank);
    }
  };

  /** Numbers of the vectors in A. */
  abstract int[] inA(int rank, long seed);

  /** Numbers of the vectors in B: the others of the first 2r, in ascending order. */
  static int[] others(int[] inA) {
    return IntStream.range(0, 2 * inA.length)
        .filter(i -> Arrays.stream(inA).noneMatch(j -> j == i))
        .toArray();
  }
}
