package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.Optional;

/**
 * Which items {@code [start:stop:step]} takes.
 *
 * @param count how many
 */
record SliceRange(int start, int step, int count) {

  /** Nothing if a bound is not an integer. */
  static Optional<SliceRange> of(int size, Object start, Object stop, Object step) {
    if (!isBound(start) || !isBound(stop) || !isBound(step)) {
      return Optional.empty();
    }
    int pace = step == None.NONE ? 1 : Numbers.clamped(Numbers.integer(step));
    if (pace == 0) {
      throw JinjaException.value("slice step cannot be zero");
    }
    boolean forward = pace > 0;
    int least = forward ? 0 : -1;
    int most = forward ? size : size - 1;
    int from = start == None.NONE ? forward ? least : most : bound(start, size, least, most);
    int to = stop == None.NONE ? forward ? most : least : bound(stop, size, least, most);
    long way = forward ? (long) to - from : (long) from - to;
    long paces = Math.abs((long) pace);
    return Optional.of(
        new SliceRange(from, pace, way <= 0 ? 0 : (int) ((way + paces - 1) / paces)));
  }

  private static boolean isBound(Object value) {
    if (value instanceof Undefined) {
      return false;
    }
    return value == None.NONE || Numbers.isInteger(value);
  }

  private static int bound(Object value, int size, int least, int most) {
    BigInteger bound = Numbers.integer(value);
    BigInteger counted = bound.signum() < 0 ? bound.add(BigInteger.valueOf(size)) : bound;
    return Math.max(least, Math.min(most, Numbers.clamped(counted)));
  }

  int index(int number) {
    return (int) (start + (long) number * step);
  }

  int end() {
    return (int)
        Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, start + (long) count * step));
  }

  String of(String text) {
    if (step == 1) {
      return PythonText.substring(text, start, start + count);
    }
    int[] letters = text.codePoints().toArray();
    StringBuilder taken = new StringBuilder();
    for (int i = 0; i < count; i++) {
      taken.appendCodePoint(letters[index(i)]);
    }
    return taken.toString();
  }
}
