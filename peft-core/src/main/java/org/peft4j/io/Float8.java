package org.peft4j.io;

import org.peft4j.kernel.DataType;

/** The two 8-bit floating types of checkpoints (Micikevicius et al., arXiv 2209.05433). */
final class Float8 {

  private static final float[] E4M3 = new float[256];
  private static final float[] E5M2 = new float[256];

  static {
    for (int bits = 0; bits < 256; bits++) {
      E4M3[bits] = decode(bits, 3, 7);
      E5M2[bits] = decode(bits, 2, 15);
    }
    // The former has no infinities; one pattern for NaN takes their place.
    E4M3[0x7f] = Float.NaN;
    E4M3[0xff] = Float.NaN;
    for (int bits = 0x7c; bits < 0x80; bits++) {
      float value = bits == 0x7c ? Float.POSITIVE_INFINITY : Float.NaN;
      E5M2[bits] = value;
      E5M2[bits | 0x80] = -value;
    }
  }

  private Float8() {}

  static float of(DataType type, byte bits) {
    return (type == DataType.FLOAT8_E4M3 ? E4M3 : E5M2)[bits & 0xff];
  }

  private static float decode(int bits, int fractionBits, int bias) {
    int exponent = (bits & 0x7f) >> fractionBits;
    int fraction = bits & (1 << fractionBits) - 1;
    float significand = (float) fraction / (1 << fractionBits);
    float magnitude =
        exponent == 0
            ? Math.scalb(significand, 1 - bias)
            : Math.scalb(1 + significand, exponent - bias);
    return bits < 0x80 ? magnitude : -magnitude;
  }
}
