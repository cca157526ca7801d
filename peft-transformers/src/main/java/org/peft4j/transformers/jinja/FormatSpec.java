package org.peft4j.transformers.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a value is laid out by {@code %} or {@code format}: Python's {@code
 * [[fill]align][sign][#][0][width][,][.precision][type]}.
 *
 * @param precision -1 for none
 * @param type a letter, or a blank for none
 */
record FormatSpec(
    String fill,
    char align,
    char sign,
    boolean alternate,
    int width,
    char grouping,
    int precision,
    char type) {

  private static final int WIDEST = 1_000_000;
  private static final int MOST_PRECISE = 1_000;

  private static final Pattern SPEC =
      Pattern.compile(
          "(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\\d{0,9})([,_])?(?:\\.(\\d{1,9}))?([a-zA-Z%])?",
          Pattern.DOTALL);

  FormatSpec {
    if (width > WIDEST || precision > MOST_PRECISE) {
      throw new JinjaException(
          JinjaException.LIMIT,
          "the template lays a value out wider than %d letters or %d places"
              .formatted(WIDEST, MOST_PRECISE));
    }
  }

  static FormatSpec parse(String written) {
    Matcher spec = SPEC.matcher(written);
    if (!spec.matches()) {
      throw JinjaException.value("Invalid format specifier " + PythonText.repr(written));
    }
    boolean aligned = spec.group(2) != null;
    boolean zeros = spec.group(5) != null;
    return new FormatSpec(
        spec.group(1) != null ? spec.group(1) : zeros && !aligned ? "0" : " ",
        aligned ? spec.group(2).charAt(0) : zeros ? '=' : 0,
        spec.group(3) == null ? '-' : spec.group(3).charAt(0),
        spec.group(4) != null,
        spec.group(6).isEmpty() ? 0 : Integer.parseInt(spec.group(6)),
        spec.group(7) == null ? 0 : spec.group(7).charAt(0),
        spec.group(8) == null ? -1 : Integer.parseInt(spec.group(8)),
        spec.group(9) == null ? ' ' : spec.group(9).charAt(0));
  }

  String text(String value) {
    if (sign != '-' || alternate || align == '=' || grouping != 0 || type != ' ' && type != 's') {
      throw JinjaException.value("a string cannot be laid out so");
    }
    String cut =
        precision >= 0 && PythonText.length(value) > precision
            ? PythonText.substring(value, 0, precision)
            : value;
    return padded("", cut, '<');
  }

  String integer(BigInteger value) {
    if ("eEfFgG%".indexOf(type) >= 0) {
      return real(Numbers.real(value));
    }
    if (precision >= 0) {
      throw JinjaException.value("Precision not allowed in integer format specifier");
    }
    if (type == 'c') {
      return padded("", character(value), '<');
    }
    int radix =
        switch (type) {
          case 'b' -> 2;
          case 'o' -> 8;
          case 'x', 'X' -> 16;
          case 'd', ' ' -> 10;
          default -> throw JinjaException.value("Unknown format code '" + type + "' for int");
        };
    String digits = value.abs().toString(radix);
    String prefix = alternate && radix != 10 ? "0" + type : "";
    return padded(
        signOf(value.signum() < 0) + prefix,
        grouped(type == 'X' ? PythonText.upper(digits) : digits, radix == 10 ? 3 : 4),
        '>');
  }

  static String character(BigInteger value) {
    if (value.signum() < 0 || value.compareTo(BigInteger.valueOf(Character.MAX_CODE_POINT)) > 0) {
      throw JinjaException.overflow("%c arg not in range(0x110000)");
    }
    return Character.toString(value.intValue());
  }

  String real(double value) {
    if (" eEfFgG%".indexOf(type) < 0) {
      throw JinjaException.value("Unknown format code '" + type + "' for float");
    }
    boolean negative = value < 0 || 1 / value < 0;
    String magnitude;
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      magnitude = Double.isNaN(value) ? "nan" : "inf";
      magnitude = Character.isUpperCase(type) ? PythonText.upper(magnitude) : magnitude;
    } else {
      magnitude = digits(Math.abs(value));
    }
    return padded(signOf(negative), magnitude, '>');
  }

  private String digits(double value) {
    int places = precision < 0 ? 6 : precision;
    BigDecimal exact = new BigDecimal(value);
    return switch (type) {
      case 'f', 'F' ->
          point(groupedReal(exact.setScale(places, RoundingMode.HALF_EVEN).toPlainString()));
      case '%' ->
          point(
                  groupedReal(
                      new BigDecimal(value * 100)
                          .setScale(places, RoundingMode.HALF_EVEN)
                          .toPlainString()))
              + "%";
      case 'e', 'E' -> scientific(exact, places + 1, type);
      case 'g', 'G' -> general(exact, Math.max(1, places), false);
      default ->
          precision < 0
              ? groupedReal(Reals.repr(value))
              : general(exact, Math.max(1, places), true);
    };
  }

  private String point(String digits) {
    return alternate && precision == 0 ? digits + "." : digits;
  }

  private static String scientific(BigDecimal value, int digits, char type) {
    BigDecimal rounded = value.round(new MathContext(digits, RoundingMode.HALF_EVEN));
    int exponent = value.signum() == 0 ? 0 : Reals.exponent(rounded);
    String unscaled = rounded.unscaledValue().toString();
    String all = unscaled + "0".repeat(Math.max(0, digits - unscaled.length()));
    String text = all.charAt(0) + (digits > 1 ? "." + all.substring(1, digits) : "");
    String whole = text + Reals.power(exponent);
    return type == 'E' ? PythonText.upper(whole) : whole;
  }

  private String general(BigDecimal value, int digits, boolean keepsPoint) {
    BigDecimal rounded = value.round(new MathContext(digits, RoundingMode.HALF_EVEN));
    int exponent = value.signum() == 0 ? 0 : Reals.exponent(rounded);
    if (exponent < -4
        || exponent >= digits - (keepsPoint ? 1 : 0)
            && exponent >= (keepsPoint ? digits - 1 : digits)) {
      String text = scientific(value, digits, 'e');
      int power = text.indexOf('e');
      String mantissa = alternate ? text.substring(0, power) : trimmed(text.substring(0, power));
      String whole = mantissa + text.substring(power);
      return type == 'G' ? PythonText.upper(whole) : whole;
    }
    String plain =
        rounded
            .setScale(Math.max(0, digits - 1 - exponent), RoundingMode.HALF_EVEN)
            .toPlainString();
    String text = groupedReal(alternate ? plain : trimmed(plain));
    return keepsPoint && !text.contains(".") ? text + ".0" : text;
  }

  private static String trimmed(String digits) {
    if (!digits.contains(".")) {
      return digits;
    }
    String bare = PythonText.strip(digits, "0", false, true);
    return bare.endsWith(".") ? bare.substring(0, bare.length() - 1) : bare;
  }

  private String groupedReal(String digits) {
    int end = 0;
    while (end < digits.length() && Character.isDigit(digits.charAt(end))) {
      end++;
    }
    return grouped(digits.substring(0, end), 3) + digits.substring(end);
  }

  private String grouped(String digits, int size) {
    if (grouping == 0) {
      return digits;
    }
    if (fill.equals("0") && align == '=') {
      throw JinjaException.unsupported("zeros and groups of digits in one format");
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < digits.length(); i++) {
      boolean begins = i > 0 && (digits.length() - i) % size == 0;
      text.append(begins ? String.valueOf(grouping) : "").append(digits.charAt(i));
    }
    return text.toString();
  }

  private String signOf(boolean negative) {
    return negative ? "-" : sign == '-' ? "" : String.valueOf(sign);
  }

  private String padded(String prefix, String value, char usual) {
    int missing = Math.max(0, width - PythonText.length(prefix) - PythonText.length(value));
    char side = align == 0 ? usual : align;
    int left =
        switch (side) {
          case '<' -> 0;
          case '^' -> missing / 2;
          default -> missing;
        };
    return side == '='
        ? prefix + fill.repeat(missing) + value
        : fill.repeat(left) + prefix + value + fill.repeat(missing - left);
  }
}
