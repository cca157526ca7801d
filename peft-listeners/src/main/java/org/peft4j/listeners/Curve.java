package org.peft4j.listeners;

import java.util.Arrays;
import java.util.stream.IntStream;

/** A value over the steps. Values that are not finite leave gaps. */
final class Curve {

  /** More points than a picture has columns say no more. */
  private static final int COLUMNS = 400;

  private double[] steps = new double[256];
  private double[] values = new double[256];
  private int size;

  void add(int step, double value) {
    if (!Double.isFinite(value)) {
      return;
    }
    if (size == steps.length) {
      steps = Arrays.copyOf(steps, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
    }
    steps[size] = step;
    values[size++] = value;
  }

  /** Forgets what comes after a step. */
  void cutAfter(int step) {
    while (size > 0 && steps[size - 1] > step) {
      size--;
    }
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  double first() {
    return steps[0];
  }

  double last() {
    return steps[size - 1];
  }

  double[] steps() {
    return Arrays.copyOf(steps, size);
  }

  double[] values() {
    return Arrays.copyOf(values, size);
  }

  /**
   * Each value becomes the mean of those around it, a fortieth of the curve to both sides as far as
   * there are any: unlike a running mean this does not lag.
   */
  Curve smoothed() {
    double[] sums = new double[size + 1];
    for (int i = 0; i < size; i++) {
      sums[i + 1] = sums[i] + values[i];
    }
    int half = Math.max(1, size / 40);
    Curve smooth = new Curve();
    for (int i = 0; i < size; i++) {
      int from = Math.max(0, i - half);
      int to = Math.min(size, i + half + 1);
      smooth.add((int) steps[i], (sums[to] - sums[from]) / (to - from));
    }
    return smooth;
  }

  /**
   * This curve with few points, looking alike: of many in one column the lowest and the highest
   * stay.
   */
  Curve thinned() {
    if (size <= 2 * COLUMNS) {
      return this;
    }
    Curve thin = new Curve();
    for (int column = 0; column < COLUMNS; column++) {
      int from = (int) ((long) size * column / COLUMNS);
      int to = (int) ((long) size * (column + 1) / COLUMNS);
      int low = IntStream.range(from, to).reduce(from, (a, b) -> values[b] < values[a] ? b : a);
      int high = IntStream.range(from, to).reduce(from, (a, b) -> values[b] > values[a] ? b : a);
      thin.add((int) steps[Math.min(low, high)], values[Math.min(low, high)]);
      thin.add((int) steps[Math.max(low, high)], values[Math.max(low, high)]);
    }
    return thin;
  }
}
