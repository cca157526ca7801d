package org.peft4j.transformers.jinja;

import java.util.List;

/** Python's {@code text % values}. */
final class PercentFormat {

  private final Budget budget;
  private final StringBuilder out = new StringBuilder();
  private String format = "";
  private boolean escapes;
  private int at;
  private int used;

  PercentFormat(Budget budget) {
    this.budget = budget;
  }

  Object format(Object text, Object values) {
    format = Types.letters(text);
    escapes = text instanceof Markup;
    List<Object> items = values instanceof PyTuple tuple ? tuple.items() : List.of(values);
    boolean named = false;
    while (at < format.length()) {
      char letter = format.charAt(at++);
      if (letter == '%') {
        named |= value(values, items);
      } else {
        out.append(letter);
      }
    }
    boolean mapping = values instanceof PyDict || values instanceof PyList;
    if (!named && used < items.size() && !mapping) {
      throw JinjaException.type("not all arguments converted during string formatting");
    }
    budget.room(out.length());
    return Types.alike(text, out.toString());
  }

  /** Writes the next value and returns whether it was asked for by its name. */
  private boolean value(Object values, List<Object> items) {
    String name = name();
    String flags = whileIn("-+ 0#");
    int width = count(items);
    int precision = -1;
    if (peek() == '.') {
      at++;
      precision = Math.max(0, count(items));
    }
    whileIn("hlL");
    char type = peek();
    at++;
    if (type == '%') {
      out.append('%');
      return !name.isEmpty();
    }
    Object value = name.isEmpty() ? next(items) : named(values, name.substring(1));
    boolean left = flags.contains("-") || width < 0;
    String written =
        written(
            value,
            new FormatSpec(
                flags.contains("0") && !left && "diuoxXeEfFgG".indexOf(type) >= 0 ? "0" : " ",
                left ? '<' : flags.contains("0") && "diuoxXeEfFgG".indexOf(type) >= 0 ? '=' : '>',
                flags.contains("+") ? '+' : flags.contains(" ") ? ' ' : '-',
                flags.contains("#"),
                Math.abs(width),
                (char) 0,
                precision,
                type));
    budget.room(written.length());
    out.append(written);
    return !name.isEmpty();
  }

  /** The name in brackets, with the opening one, or nothing. */
  private String name() {
    if (peek() != '(') {
      return "";
    }
    int depth = 1;
    int start = at++;
    while (depth > 0) {
      char letter = peek();
      depth += letter == '(' ? 1 : letter == ')' ? -1 : 0;
      at++;
    }
    return format.substring(start, at - 1);
  }

  private static Object named(Object values, String name) {
    if (!(values instanceof PyDict dict)) {
      throw JinjaException.type("format requires a mapping");
    }
    return dict.get(name).orElseThrow(() -> new JinjaException("KeyError", PythonText.repr(name)));
  }

  private Object next(List<Object> items) {
    if (used >= items.size()) {
      throw JinjaException.type("not enough arguments for format string");
    }
    return items.get(used++);
  }

  private int count(List<Object> items) {
    if (peek() == '*') {
      at++;
      return Numbers.clamped(Numbers.requireInteger(next(items)));
    }
    String digits = whileIn("0123456789");
    return digits.isEmpty()
        ? 0
        : digits.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(digits);
  }

  private String whileIn(String letters) {
    int start = at;
    while (at < format.length() && letters.indexOf(format.charAt(at)) >= 0) {
      at++;
    }
    return format.substring(start, at);
  }

  private char peek() {
    if (at >= format.length()) {
      throw JinjaException.value("incomplete format");
    }
    return format.charAt(at);
  }

  private String written(Object value, FormatSpec spec) {
    return switch (spec.type()) {
      case 's', 'r', 'a' -> text(value, spec);
      case 'c' -> text(character(value), spec);
      case 'd', 'i', 'u', 'o', 'x', 'X' -> integer(value, spec);
      case 'e', 'E', 'f', 'F', 'g', 'G' -> spec.real(real(value, "must be real number, not "));
      default -> throw JinjaException.value("unsupported format character '" + spec.type() + "'");
    };
  }

  private String text(Object value, FormatSpec spec) {
    budget.room(Printing.size(value, budget));
    String text = spec.type() == 'r' ? Printing.repr(value) : Printing.text(value);
    if (spec.type() == 'a') {
      throw JinjaException.unsupported("%a");
    }
    String letters = escapes && !(value instanceof Markup) ? Markup.escaped(text) : text;
    return new FormatSpec(
            " ", spec.align(), '-', false, spec.width(), (char) 0, spec.precision(), 's')
        .text(letters);
  }

  private static Object character(Object value) {
    if (Types.isText(value) && PythonText.length(Types.letters(value)) == 1) {
      return value;
    }
    if (!Numbers.isInteger(value)) {
      throw JinjaException.type("%c requires int or char");
    }
    return FormatSpec.character(Numbers.integer(value));
  }

  private static String integer(Object value, FormatSpec spec) {
    boolean decimal = "diu".indexOf(spec.type()) >= 0;
    if (!decimal && !Numbers.isInteger(value) || spec.precision() >= 0) {
      if (spec.precision() >= 0) {
        throw JinjaException.unsupported("a precision for an integer");
      }
      throw JinjaException.type("%" + spec.type() + " format: an integer is required");
    }
    if (!Numbers.isNumber(value)) {
      real(value, "%d format: a real number is required, not ");
    }
    FormatSpec plain =
        new FormatSpec(
            spec.fill(),
            spec.align(),
            spec.sign(),
            spec.alternate() && !decimal,
            spec.width(),
            (char) 0,
            -1,
            decimal ? 'd' : spec.type());
    return plain.integer(
        value instanceof Double number ? Conversions.truncated(number) : Numbers.integer(value));
  }

  private static double real(Object value, String words) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!Numbers.isNumber(value)) {
      throw JinjaException.type(words + Types.name(value));
    }
    return Numbers.real(value);
  }
}
