package org.peft4j.adapters;

/**
 * PyTorch's random numbers on the CPU, to the bit: what its files leave out can be drawn again. A
 * Mersenne Twister (Matsumoto and Nishimura, 1998) with PyTorch's way of making floats of it.
 */
final class TorchRandom {

  private static final int N = 624;
  private static final int M = 397;

  private final int[] state = new int[N];
  private int next = N;

  /** As {@code torch.Generator().manual_seed(seed)}, which uses the low 32 bits alone. */
  TorchRandom(long seed) {
    state[0] = (int) seed;
    for (int i = 1; i < N; i++) {
      state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }
  }

  /** As {@code tensor.uniform_(-bound, bound)} of float32. */
  double[] uniform(double bound, int length) {
    float from = (float) -bound;
    float width = (float) bound - from;
    double[] values = new double[length];
    for (int i = 0; i < length; i++) {
      values[i] = Math.fma((draw() & 0xFFFFFF) * 0x1p-24f, width, from);
    }
    return values;
  }

  private int draw() {
    if (next == N) {
      turn();
    }
    int y = state[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9D2C5680;
    y ^= (y << 15) & 0xEFC60000;
    return y ^ (y >>> 18);
  }

  private void turn() {
    for (int i = 0; i < N; i++) {
      int y = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7FFFFFFF);
      state[i] = state[(i + M) % N] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : 0x9908B0DF);
    }
    next = 0;
  }
}
