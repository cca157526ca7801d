package org.peft4j.onednn;

import org.peft4j.kernel.Buffer;

/** Loops over one row on the heap. */
final class Rows {

  private Rows() {}

  static float[] read(Buffer row, int length) {
    float[] values = new float[length];
    FloatView.of(row, length).get(0, values);
    return values;
  }

  /** Sum of {@code a ∘ b}; overwrites {@code room}. */
  static float dot(float[] a, float[] b, float[] room) {
    for (int i = 0; i < a.length; i++) {
      room[i] = a[i] * b[i];
    }
    return sum(room);
  }

  /** In eight separate sums: Java forbids reordering one, so that each addition would wait. */
  static float sum(float[] a) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    float s4 = 0;
    float s5 = 0;
    float s6 = 0;
    float s7 = 0;
    int whole = a.length & -8;
    for (int i = 0; i < whole; i += 8) {
      s0 += a[i];
      s1 += a[i + 1];
      s2 += a[i + 2];
      s3 += a[i + 3];
      s4 += a[i + 4];
      s5 += a[i + 5];
      s6 += a[i + 6];
      s7 += a[i + 7];
    }
    for (int i = whole; i < a.length; i++) {
      s0 += a[i];
    }
    return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7));
  }

  /** {@code a *= b}. */
  static void multiply(float[] a, float[] b) {
    for (int j = 0; j < a.length; j++) {
      a[j] *= b[j];
    }
  }

  /** {@code a += factor * b}. */
  static void addScaled(float[] a, float factor, float[] b) {
    for (int j = 0; j < a.length; j++) {
      a[j] += factor * b[j];
    }
  }

  /** {@code a += factor * b ∘ c}. */
  static void addProduct(float[] a, float factor, float[] b, float[] c) {
    for (int j = 0; j < a.length; j++) {
      a[j] += factor * b[j] * c[j];
    }
  }

  /** {@code a *= factor}. */
  static void scale(float[] a, float factor) {
    for (int j = 0; j < a.length; j++) {
      a[j] *= factor;
    }
  }
}
