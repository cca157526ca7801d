package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.Iterator;
import java.util.stream.IntStream;

/** Python's range. The sandbox of Jinja2 allows 100,000 numbers. */
record PyRange(BigInteger start, BigInteger stop, BigInteger step, int size) {

  private static final int LONGEST = 100_000;

  static PyRange of(BigInteger start, BigInteger stop, BigInteger step) {
    if (step.signum() == 0) {
      throw JinjaException.value("range() arg 3 must not be zero");
    }
    BigInteger way = step.signum() > 0 ? stop.subtract(start) : start.subtract(stop);
    BigInteger pace = step.abs();
    BigInteger size =
        way.signum() <= 0 ? BigInteger.ZERO : way.add(pace).subtract(BigInteger.ONE).divide(pace);
    if (size.compareTo(BigInteger.valueOf(LONGEST)) > 0) {
      throw JinjaException.overflow(
          "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
    }
    return new PyRange(start, stop, step, size.intValue());
  }

  BigInteger get(int index) {
    return start.add(step.multiply(BigInteger.valueOf(index)));
  }

  Iterator<Object> iterator() {
    return IntStream.range(0, size).mapToObj(index -> (Object) get(index)).iterator();
  }
}
