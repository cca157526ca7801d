package org.peft4j.kernel;

/**
 * The two 16-bit floating types of checkpoints, converted exactly: IEEE half (5 bits of exponent,
 * 10 of fraction) and bfloat16 (the upper half of a float).
 *
 * <p>All in integer arithmetic, because native libraries may leave the processor in a mode that
 * flushes subnormal floats to zero.
 */
public final class Float16 {

  private static final int FLOAT_INFINITY = 0x7f800000;

  private Float16() {}

  public static float fromHalf(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = half >> 10 & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | FLOAT_INFINITY | fraction << 13);
    }
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | exponent + 112 << 23 | fraction << 13);
  }

  public static float fromBfloat(short bfloat) {
    return Float.intBitsToFloat(bfloat << 16);
  }

  /** Rounds to nearest, ties to even; a NaN stays one. */
  public static short toHalf(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > FLOAT_INFINITY) {
      return (short) (sign | 0x7e00 | magnitude >> 13 & 0x3ff);
    }
    int exponent = magnitude >> 23;
    if (exponent > 142) {
      return (short) (sign | 0x7c00);
    }
    if (exponent >= 113) {
      // A carry out of the fraction moves into the exponent, up to infinity, as it should.
      return (short) (sign | roundShift(magnitude - (112 << 23), 13));
    }
    int shift = 126 - exponent;
    int fraction = magnitude & 0x7fffff | 0x800000;
    return (short) (sign | (shift > 24 ? 0 : roundShift(fraction, shift)));
  }

  /** Rounds to nearest, ties to even; a NaN stays one. */
  public static short toBfloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fffffff) > FLOAT_INFINITY) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  /**
   * A float that rounds to the 16-bit types as {@code value} itself would. Rounding twice to
   * nearest can go wrong at a tie; rounding to odd first cannot (Boldo and Melquiond 2008).
   */
  public static float roundToOdd(double value) {
    float nearest = (float) value;
    int bits = Float.floatToRawIntBits(nearest);
    if (Double.isNaN(value) || (double) nearest == value || (bits & 1) == 1) {
      return nearest;
    }
    return Float.intBitsToFloat(Math.abs((double) nearest) > Math.abs(value) ? bits - 1 : bits + 1);
  }

  private static int roundShift(int value, int shift) {
    int half = 1 << shift - 1;
    int even = value >>> shift & 1;
    return value + half - 1 + even >>> shift;
  }
}
