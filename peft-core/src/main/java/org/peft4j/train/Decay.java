package org.peft4j.train;

/** How the learning rate falls from its peak, as Hugging Face's schedules of the same names do. */
public enum Decay {
  /** Not at all. */
  CONSTANT {
    @Override
    double factor(double progress) {
      return 1;
    }
  },
  /** In a straight line to zero. */
  LINEAR {
    @Override
    double factor(double progress) {
      return 1 - progress;
    }
  },
  /** Along half a cosine wave to zero. */
  COSINE {
    @Override
    double factor(double progress) {
      return (1 + Math.cos(Math.PI * progress)) / 2;
    }
  };

  /** What is left of the peak when {@code progress} (0 to 1) of the way after warm-up is done. */
  abstract double factor(double progress);
}
