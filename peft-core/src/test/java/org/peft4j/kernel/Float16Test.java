package org.peft4j.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Float16Test {

  @Test
  void everyHalfHasTheValueOfItsFormula() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      int exponent = bits >> 10 & 0x1f;
      int fraction = bits & 0x3ff;
      double sign = bits < 0x8000 ? 1 : -1;
      double magnitude =
          exponent == 0x1f
              ? (fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
              : exponent == 0
                  ? fraction * 0x1p-24
                  : (1 + fraction * 0x1p-10) * Math.pow(2, exponent - 15);
      assertEquals(sign * magnitude, Float16.fromHalf((short) bits), 0);
    }
  }

  @Test
  void everyHalfSurvivesTheWayThroughFloat() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      short half = (short) bits;
      assertEquals(quietHalf(half), Float16.toHalf(Float16.fromHalf(half)));
    }
  }

  @Test
  void everyBfloatSurvivesTheWayThroughFloat() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      short bfloat = (short) bits;
      boolean nan = Float.isNaN(Float16.fromBfloat(bfloat));
      assertEquals(
          nan ? (short) (bits | 0x40) : bfloat, Float16.toBfloat(Float16.fromBfloat(bfloat)));
    }
  }

  @Test
  void roundsToTheNearestHalfAndTiesToEven() {
    Random random = new Random(1);
    for (int bits = 0; bits < 0x7bff; bits++) {
      float low = Float16.fromHalf((short) bits);
      float high = Float16.fromHalf((short) (bits + 1));
      float middle = (low + high) / 2;
      int even = bits + (bits & 1);
      assertEquals((short) even, Float16.toHalf(middle));
      assertEquals((short) bits, Float16.toHalf(Math.nextDown(middle)));
      assertEquals((short) (bits + 1), Float16.toHalf(Math.nextUp(middle)));
      assertEquals((short) (even | 0x8000), Float16.toHalf(-middle));
      float between = low + (high - low) * random.nextFloat();
      assertEquals(
          (short) (between > middle ? bits + 1 : between < middle ? bits : even),
          Float16.toHalf(between));
    }
  }

  @Test
  void roundsToTheNearestBfloatAndTiesToEven() {
    for (int bits = 0; bits < 0x7f7f; bits++) {
      int middle = bits << 16 | 0x8000;
      int even = bits + (bits & 1);
      assertEquals((short) even, Float16.toBfloat(Float.intBitsToFloat(middle)));
      assertEquals((short) bits, Float16.toBfloat(Float.intBitsToFloat(middle - 1)));
      assertEquals((short) (bits + 1), Float16.toBfloat(Float.intBitsToFloat(middle + 1)));
    }
  }

  @Test
  void whatIsTooLargeBecomesInfinity() {
    assertEquals((short) 0x7bff, Float16.toHalf(Math.nextDown(65520f)));
    assertEquals((short) 0x7c00, Float16.toHalf(65520f));
    assertEquals((short) 0xfc00, Float16.toHalf(-Float.MAX_VALUE));
    assertEquals((short) 0x7f80, Float16.toBfloat(Float.MAX_VALUE));
    assertEquals((short) 0x7f80, Float16.toBfloat(Float16.roundToOdd(Double.MAX_VALUE)));
    assertEquals((short) 0xff80, Float16.toBfloat(Float16.roundToOdd(Double.NEGATIVE_INFINITY)));
  }

  @Test
  void doublesAreRoundedOnce() {
    double justAboveATie = 1 + 0x1p-11 + 0x1p-40;
    assertEquals((short) 0x3c00, Float16.toHalf((float) justAboveATie));
    assertEquals((short) 0x3c01, Float16.toHalf(Float16.roundToOdd(justAboveATie)));
    assertEquals((short) 0x3c00, Float16.toHalf(Float16.roundToOdd(1 + 0x1p-11)));
    assertEquals((short) 0x8000, Float16.toHalf(Float16.roundToOdd(-Double.MIN_VALUE)));
    assertTrue(Float.isNaN(Float16.roundToOdd(Double.NaN)));
  }

  @Test
  void roundingToOddNeverCrossesTheValue() {
    Random random = new Random(2);
    for (int i = 0; i < 100_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Math.abs(value) > Float.MAX_VALUE || Double.isNaN(value)) {
        continue;
      }
      float odd = Float16.roundToOdd(value);
      boolean exact = new BigDecimal(odd).compareTo(new BigDecimal(value)) == 0;
      assertTrue(exact || (Float.floatToRawIntBits(odd) & 1) == 1);
      assertTrue(Math.nextDown(odd) < value && value < Math.nextUp(odd));
    }
  }

  /** The processor may set the quiet bit of a NaN; everything else must come back unchanged. */
  private static short quietHalf(short half) {
    return Float.isNaN(Float16.fromHalf(half)) ? (short) (half | 0x200) : half;
  }
}
