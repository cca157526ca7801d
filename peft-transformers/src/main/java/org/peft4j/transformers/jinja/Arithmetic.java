package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Python's operators between values. */
record Arithmetic(Budget budget) {

  Object apply(String operator, Object one, Object other) {
    if (operator.equals("%") && Types.isText(one)) {
      return new PercentFormat(budget).format(one, other);
    }
    if (one instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (other instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (Numbers.isNumber(one) && Numbers.isNumber(other)) {
      return numbers(operator, one, other);
    }
    if (operator.equals("+")) {
      return joined(one, other);
    }
    if (operator.equals("*") && Numbers.isInteger(other)) {
      return repeated(one, Numbers.integer(other));
    }
    if (operator.equals("*") && Numbers.isInteger(one)) {
      return repeated(other, Numbers.integer(one));
    }
    throw unsupported(operator, one, other);
  }

  Object negated(Object value, String sign) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!Numbers.isNumber(value)) {
      throw JinjaException.type(
          "bad operand type for unary %s: '%s'".formatted(sign, Types.name(value)));
    }
    boolean negates = sign.equals("-");
    if (value instanceof Double number) {
      return negates ? -number : number;
    }
    return negates ? Numbers.integer(value).negate() : Numbers.integer(value);
  }

  private Object joined(Object one, Object other) {
    if (Types.isText(one) && Types.isText(other)) {
      return joinedTexts(one, other);
    }
    boolean lists = one instanceof PyList && other instanceof PyList;
    if (lists || one instanceof PyTuple && other instanceof PyTuple) {
      List<Object> first = Types.items(one);
      List<Object> second = Types.items(other);
      budget.list((long) first.size() + second.size());
      List<Object> items = new ArrayList<>(first);
      items.addAll(second);
      return lists ? PyList.of(items) : PyTuple.of(items);
    }
    if (Types.isText(one)) {
      throw JinjaException.type(
          "can only concatenate str (not \"%s\") to str".formatted(Types.name(other)));
    }
    throw unsupported("+", one, other);
  }

  private Object joinedTexts(Object one, Object other) {
    if (one instanceof String a && other instanceof String b) {
      budget.room((long) a.length() + b.length());
      return a.concat(b);
    }
    budget.room(5L * Types.letters(one).length() + 5L * Types.letters(other).length());
    return new Markup(Markup.escape(one).text() + Markup.escape(other).text());
  }

  private Object repeated(Object value, BigInteger count) {
    int times = Math.max(0, Numbers.clamped(count));
    if (Types.isText(value)) {
      String letters = Types.letters(value);
      budget.room(times * (long) letters.length());
      return Types.alike(value, letters.isEmpty() ? "" : letters.repeat(times));
    }
    if (value instanceof PyList || value instanceof PyTuple) {
      List<Object> once = Types.items(value);
      budget.list(times * (long) once.size());
      List<Object> items = new ArrayList<>();
      for (int i = 0; i < times && !once.isEmpty(); i++) {
        items.addAll(once);
      }
      return value instanceof PyList ? PyList.of(items) : PyTuple.of(items);
    }
    throw unsupported("*", value, count);
  }

  private static JinjaException unsupported(String operator, Object one, Object other) {
    return JinjaException.type(
        "unsupported operand type(s) for %s: '%s' and '%s'"
            .formatted(operator, Types.name(one), Types.name(other)));
  }

  private Object numbers(String operator, Object one, Object other) {
    return Numbers.isInteger(one) && Numbers.isInteger(other)
        ? integers(operator, Numbers.integer(one), Numbers.integer(other))
        : reals(operator, Numbers.real(one), Numbers.real(other));
  }

  private Object integers(String operator, BigInteger a, BigInteger b) {
    long words = (a.bitLength() + b.bitLength()) / 32 + 1L;
    budget.steps(words * words / 64);
    if ("/%//".contains(operator) && b.signum() == 0) {
      throw new JinjaException("ZeroDivisionError", "division by zero");
    }
    return switch (operator) {
      case "+" -> Numbers.checked(a.add(b));
      case "-" -> Numbers.checked(a.subtract(b));
      case "*" -> Numbers.checked(a.multiply(b));
      case "/" -> Numbers.divide(a, b);
      case "//" -> floorDivided(a, b);
      case "%" -> a.subtract(floorDivided(a, b).multiply(b));
      default -> power(a, b);
    };
  }

  private static BigInteger floorDivided(BigInteger a, BigInteger b) {
    BigInteger[] parts = a.divideAndRemainder(b);
    boolean rounds = parts[1].signum() != 0 && parts[1].signum() != b.signum();
    return rounds ? parts[0].subtract(BigInteger.ONE) : parts[0];
  }

  private Object power(BigInteger base, BigInteger exponent) {
    if (exponent.signum() < 0) {
      return reals("**", Numbers.real(base), Numbers.real(exponent));
    }
    if (base.bitLength() < 2 && base.abs().bitLength() < 2) {
      boolean one = exponent.signum() == 0 || base.signum() > 0;
      boolean positive = one || !exponent.testBit(0);
      return base.signum() == 0 && !one
          ? BigInteger.ZERO
          : positive ? BigInteger.ONE : BigInteger.ONE.negate();
    }
    if (exponent.bitLength() > 20
        || (long) (base.bitLength() - 1) * exponent.intValue() > Numbers.MOST_BITS) {
      throw new JinjaException(
          JinjaException.LIMIT, "the template makes a number of more than 4,300 digits");
    }
    budget.steps(2_000);
    return Numbers.checked(base.pow(exponent.intValue()));
  }

  private static Object reals(String operator, double a, double b) {
    if ("/%//".contains(operator) && b == 0) {
      throw new JinjaException("ZeroDivisionError", "float division by zero");
    }
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / b;
      case "//" -> floorDivided(a, b);
      case "%" -> modulo(a, b);
      default -> power(a, b);
    };
  }

  private static double modulo(double a, double b) {
    double rest = a % b;
    if (rest == 0) {
      return Math.copySign(0, b);
    }
    return rest < 0 != b < 0 ? rest + b : rest;
  }

  private static double floorDivided(double a, double b) {
    double quotient = (a - modulo(a, b)) / b;
    if (quotient == 0) {
      return Math.copySign(0, a / b);
    }
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  private static double power(double a, double b) {
    if (a == 0 && b < 0) {
      throw new JinjaException("ZeroDivisionError", "0.0 cannot be raised to a negative power");
    }
    if (a < 0 && b != Math.rint(b) && !Double.isInfinite(a) && !Double.isInfinite(b)) {
      throw JinjaException.unsupported("a complex number");
    }
    double power = a == 1 || b == 0 || a == -1 && Double.isInfinite(b) ? 1 : Math.pow(a, b);
    if (Double.isInfinite(power) && !Double.isInfinite(a) && !Double.isInfinite(b)) {
      throw JinjaException.overflow("(34, 'Numerical result out of range')");
    }
    return power;
  }
}
