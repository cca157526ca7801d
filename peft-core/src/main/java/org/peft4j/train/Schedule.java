package org.peft4j.train;

import org.peft4j.settings.Require;

/** How the learning rate falls from its peak, as Hugging Face's schedules of the same names do. */
public interface Schedule {

  /** Not at all. */
  Schedule CONSTANT = Curve.CONSTANT;

  /** In a straight line to zero. */
  Schedule LINEAR = Curve.LINEAR;

  /** Along half a cosine wave to zero. */
  Schedule COSINE = Curve.COSINE;

  /** What is left of the peak when {@code progress} (0 to 1) of the way after warm-up is done. */
  double factor(double progress);

  /**
   * Along half a cosine wave to zero, several times, each time from the peak (Loshchilov and
   * Hutter, ICLR 2017, arXiv 1608.03983).
   *
   * @param cycles how many times; at least 1
   */
  static Schedule cosineWithRestarts(int cycles) {
    return new Restarts(cycles);
  }

  /**
   * As {@code (1 - progress)^power}, to {@code floor}.
   *
   * @param power above 0; 1 is a straight line
   * @param floor the share of the peak that is left at the end; at least 0, below 1. Hugging Face
   *     gives it as a learning rate, {@code lr_end}, 1e-7 by default.
   */
  static Schedule polynomial(double power, double floor) {
    return new Polynomial(power, floor);
  }

  /** Those without settings. */
  enum Curve implements Schedule {
    CONSTANT {
      @Override
      public double factor(double progress) {
        return 1;
      }
    },
    LINEAR {
      @Override
      public double factor(double progress) {
        return 1 - progress;
      }
    },
    COSINE {
      @Override
      public double factor(double progress) {
        return (1 + Math.cos(Math.PI * progress)) / 2;
      }
    }
  }

  /** See {@link #cosineWithRestarts}. */
  record Restarts(int cycles) implements Schedule {

    public Restarts {
      Require.positive("cycles", cycles);
    }

    @Override
    public double factor(double progress) {
      return progress >= 1 ? 0 : (1 + Math.cos(Math.PI * (cycles * progress % 1))) / 2;
    }
  }

  /** See {@link #polynomial}. */
  record Polynomial(double power, double floor) implements Schedule {

    public Polynomial {
      Require.positive("power", power);
      Require.probability("floor", floor);
    }

    @Override
    public double factor(double progress) {
      return floor + (1 - floor) * Math.pow(1 - progress, power);
    }
  }
}
