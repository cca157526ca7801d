package org.peft4j.transformers.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.peft4j.transformers.jinja.Filters.Filter;

/** Filters that give numbers or write them. */
final class NumberFilters {

  static final Map<String, Filter> FILTERS = new HashMap<>();

  static {
    FILTERS.put("abs", NumberFilters::absolute);
    FILTERS.put("int", NumberFilters::integer);
    FILTERS.put("float", NumberFilters::real);
    FILTERS.put("round", NumberFilters::round);
    FILTERS.put("sum", NumberFilters::sum);
    FILTERS.put("filesizeformat", NumberFilters::fileSize);
  }

  private NumberFilters() {}

  private static Object absolute(Evaluator evaluator, Object value, Arguments arguments) {
    if (!Numbers.isNumber(value)) {
      throw JinjaException.type("bad operand type for abs(): '" + Types.name(value) + "'");
    }
    return value instanceof Double number
        ? (Object) Math.abs(number)
        : Numbers.integer(value).abs();
  }

  private static Object integer(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("int", "default", "base");
    Object usual = given.get("default", BigInteger.ZERO);
    int base = given.integer("base", 10);
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (Numbers.isInteger(value)) {
      return Numbers.integer(value);
    }
    if (value instanceof Double number && Double.isInfinite(number)) {
      throw JinjaException.overflow("cannot convert float infinity to integer");
    }
    if (Types.isText(value)) {
      evaluator.budget().steps(Types.letters(value).length() / 4);
      return ofText(Types.letters(value), base, usual);
    }
    return value instanceof Double number && !number.isNaN()
        ? Conversions.truncated(number)
        : usual;
  }

  private static Object ofText(String text, int base, Object usual) {
    if (base == 0) {
      throw JinjaException.unsupported("int with base=0");
    }
    try {
      return Numbers.parse(text, base);
    } catch (JinjaException notAnInteger) {
      try {
        return Conversions.truncated(Numbers.parseReal(text));
      } catch (JinjaException notANumber) {
        return usual;
      }
    }
  }

  private static Object real(Evaluator evaluator, Object value, Arguments arguments) {
    Object usual = arguments.as("float", "default").get("default", 0.0);
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (Numbers.isNumber(value)) {
      return Numbers.real(value);
    }
    if (!Types.isText(value)) {
      return usual;
    }
    evaluator.budget().steps(Types.letters(value).length() / 4);
    try {
      return Numbers.parseReal(Types.letters(value));
    } catch (JinjaException notANumber) {
      return usual;
    }
  }

  private static Object round(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("round", "precision", "method");
    int places = given.integer("precision", 0);
    String method = given.text("method", "common");
    if (!List.of("common", "ceil", "floor").contains(method)) {
      throw new JinjaException("FilterArgumentError", "method must be common, ceil or floor");
    }
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!Numbers.isNumber(value)) {
      throw JinjaException.type("type " + Types.name(value) + " doesn't define __round__ method");
    }
    return method.equals("common")
        ? rounded(value, places)
        : toward(value, places, method.equals("ceil"));
  }

  private static Object rounded(Object value, int places) {
    if (value instanceof Double number) {
      return Reals.round(number, places);
    }
    BigInteger integer = Numbers.integer(value);
    if (places >= 0) {
      return integer;
    }
    if (places < -4300) {
      return BigInteger.ZERO;
    }
    return new BigDecimal(integer).setScale(places, RoundingMode.HALF_EVEN).toBigIntegerExact();
  }

  private static Object toward(Object value, int places, boolean up) {
    if (places < 0 || places > 22) {
      throw JinjaException.unsupported("round to " + places + " places, up or down,");
    }
    double factor = Math.pow(10, places);
    double scaled = Numbers.real(value) * factor;
    if (Double.isNaN(scaled) || Double.isInfinite(scaled)) {
      throw JinjaException.value("cannot convert float NaN or infinity to integer");
    }
    return (up ? Math.ceil(scaled) : Math.floor(scaled)) / factor + 0.0;
  }

  private static Object sum(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("sum", "attribute", "start");
    Object total = given.get("start", BigInteger.ZERO);
    if (Types.isText(total)) {
      throw JinjaException.type("sum() can't sum strings [use ''.join(seq) instead]");
    }
    UnaryOperator<Object> part = new Keys(evaluator).attribute(given.get("attribute", None.NONE));
    Iterator<Object> items = Types.iterator(value);
    while (items.hasNext()) {
      evaluator.budget().step();
      total = evaluator.arithmetic().apply("+", total, part.apply(items.next()));
    }
    return total;
  }

  private static Object fileSize(Evaluator evaluator, Object value, Arguments arguments) {
    boolean binary = arguments.as("filesizeformat", "binary").truth("binary", false);
    double size =
        Types.isText(value) ? Numbers.parseReal(Types.letters(value)) : requireReal(value);
    double base = binary ? 1024 : 1000;
    if (size == 1) {
      return "1 Byte";
    }
    if (size < base) {
      return Conversions.truncated(size) + " Bytes";
    }
    double unit = base;
    int power = 0;
    while (power < 7 && size >= unit * base) {
      unit *= base;
      power++;
    }
    String number = FormatSpec.parse(".1f").real(base * size / (unit * base));
    return number + " " + (binary ? "KMGTPEZY" : "kMGTPEZY").charAt(power) + (binary ? "iB" : "B");
  }

  private static double requireReal(Object value) {
    if (!Numbers.isNumber(value)) {
      throw JinjaException.type("a number is needed, not " + Types.name(value));
    }
    return Numbers.real(value);
  }
}
