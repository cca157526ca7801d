package org.peft4j.init;

import java.util.Arrays;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;

/** Between what the entries of a matrix lie; both ends are NaN where an entry is. */
record Range(double smallest, double largest) {

  static Range of(Buffer x) {
    if (x.type() == DataType.FLOAT32 && x.isHost()) {
      return ofFloats(x);
    }
    double[] values = x.toDoubles();
    return new Range(
        Arrays.stream(values).reduce(Double.POSITIVE_INFINITY, Math::min),
        Arrays.stream(values).reduce(Double.NEGATIVE_INFINITY, Math::max));
  }

  /** Column by column first, which the processor does for many columns at once. */
  private static Range ofFloats(Buffer x) {
    float[] smallest = new float[x.columns()];
    float[] largest = new float[x.columns()];
    Arrays.fill(smallest, Float.POSITIVE_INFINITY);
    Arrays.fill(largest, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < x.rows(); i++) {
      widen(x.rows(i, i + 1).toFloats(), smallest, largest);
    }
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (int j = 0; j < smallest.length; j++) {
      low = Math.min(low, smallest[j]);
      high = Math.max(high, largest[j]);
    }
    return new Range(low, high);
  }

  private static void widen(float[] row, float[] smallest, float[] largest) {
    for (int j = 0; j < row.length; j++) {
      smallest[j] = Math.min(smallest[j], row[j]);
      largest[j] = Math.max(largest[j], row[j]);
    }
  }
}
