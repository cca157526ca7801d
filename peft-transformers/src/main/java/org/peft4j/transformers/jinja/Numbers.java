package org.peft4j.transformers.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/** Python's numbers: integers without end, floats, and booleans as 0 and 1. */
final class Numbers {

  /** Python prints no integer of more than 4,300 digits. */
  static final int MOST_BITS = 14_300;

  private static final int MOST_LETTERS = 10_000;

  private Numbers() {}

  static BigInteger of(long value) {
    return BigInteger.valueOf(value);
  }

  static boolean isNumber(Object value) {
    return value instanceof BigInteger || value instanceof Double || value instanceof Boolean;
  }

  static boolean isInteger(Object value) {
    return value instanceof BigInteger || value instanceof Boolean;
  }

  static BigInteger integer(Object value) {
    if (value instanceof Boolean truth) {
      return truth ? BigInteger.ONE : BigInteger.ZERO;
    }
    return (BigInteger) value;
  }

  static BigInteger requireInteger(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!isInteger(value)) {
      throw JinjaException.type(
          "'" + Types.name(value) + "' object cannot be interpreted as an integer");
    }
    return integer(value);
  }

  /** The number, or the next that fits. */
  static int clamped(BigInteger value) {
    return value.bitLength() < 32
        ? value.intValue()
        : value.signum() < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
  }

  static double real(Object value) {
    if (value instanceof Double number) {
      return number;
    }
    double real = integer(value).doubleValue();
    if (Double.isInfinite(real)) {
      throw JinjaException.overflow("int too large to convert to float");
    }
    return real;
  }

  /** Exactly, whatever kinds they are; not for NaN. */
  static int compare(Object one, Object other) {
    if (isInteger(one) && isInteger(other)) {
      return integer(one).compareTo(integer(other));
    }
    if (one instanceof Double a && other instanceof Double b) {
      return a < b ? -1 : a > b ? 1 : 0;
    }
    if (one instanceof Double a && a.isInfinite()) {
      return a > 0 ? 1 : -1;
    }
    if (other instanceof Double b && b.isInfinite()) {
      return b > 0 ? -1 : 1;
    }
    return decimal(one).compareTo(decimal(other));
  }

  private static BigDecimal decimal(Object value) {
    return value instanceof Double number ? new BigDecimal(number) : new BigDecimal(integer(value));
  }

  static boolean isNan(Object value) {
    return value instanceof Double number && number.isNaN();
  }

  static BigInteger checked(BigInteger value) {
    if (value.bitLength() > MOST_BITS) {
      throw new JinjaException(
          JinjaException.LIMIT, "the template makes a number of more than 4,300 digits");
    }
    return value;
  }

  /** Rounded to the nearest float. */
  static double divide(BigInteger one, BigInteger other) {
    double real =
        new BigDecimal(one).divide(new BigDecimal(other), new MathContext(60)).doubleValue();
    if (Double.isInfinite(real)) {
      throw JinjaException.overflow("integer division result too large for a float");
    }
    return real;
  }

  /** As {@code int(text, base)} reads it. */
  static BigInteger parse(String text, int base) {
    if (text.length() > MOST_LETTERS) {
      throw JinjaException.value("no integer: a text of " + text.length() + " letters");
    }
    String digits = PythonText.strip(text, "", true, true);
    boolean negative = digits.startsWith("-");
    String bare = negative || digits.startsWith("+") ? digits.substring(1) : digits;
    boolean sound =
        bare.matches("[0-9a-zA-Z]++(?:_[0-9a-zA-Z]++)*+")
            && bare.length() <= 4300
            && (base >= 2 && base <= 36);
    if (!sound || !bare.equals(PythonText.strip(bare, "+-", true, false))) {
      throw JinjaException.value("no integer: " + PythonText.repr(text));
    }
    try {
      BigInteger value = new BigInteger(prefixless(bare, base).replace("_", ""), base);
      return negative ? value.negate() : value;
    } catch (NumberFormatException e) {
      throw JinjaException.value("no integer: " + PythonText.repr(text));
    }
  }

  private static String prefixless(String bare, int base) {
    String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "";
    boolean prefixed =
        !prefix.isEmpty() && bare.regionMatches(true, 0, prefix, 0, 2) && bare.length() > 2;
    return prefixed ? bare.substring(2) : bare;
  }

  /** As {@code float(text)} reads it. */
  static double parseReal(String text) {
    if (text.length() > MOST_LETTERS) {
      throw JinjaException.value("no number: a text of " + text.length() + " letters");
    }
    String bare = PythonText.lower(PythonText.strip(text, "", true, true));
    if (bare.matches("[+-]?(?:inf|infinity|nan)")) {
      double value = bare.endsWith("nan") ? Double.NaN : Double.POSITIVE_INFINITY;
      return bare.startsWith("-") ? -value : value;
    }
    if (!bare.matches(
        "[+-]?(?:\\d++(?:_\\d++)*+\\.?+(?:\\d++(?:_\\d++)*+)?+|\\.\\d++(?:_\\d++)*+)"
            + "(?:e[+-]?\\d++(?:_\\d++)*+)?")) {
      throw JinjaException.value("could not convert string to float: " + PythonText.repr(text));
    }
    return Double.parseDouble(bare.replace("_", ""));
  }
}
