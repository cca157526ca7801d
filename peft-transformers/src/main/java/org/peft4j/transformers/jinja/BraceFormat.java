package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/** Python's {@code text.format(...)}. */
final class BraceFormat {

  private final Evaluator evaluator;
  private Arguments arguments = Arguments.NONE;
  private boolean escapes;
  private int automatic;
  private boolean numbered;

  BraceFormat(Evaluator evaluator) {
    this.evaluator = evaluator;
  }

  Object format(Object text, String method, Arguments given) {
    arguments = method.equals("format") ? given : mapped(given);
    escapes = text instanceof Markup;
    return Types.alike(text, formatted(Types.letters(text), 2));
  }

  private static Arguments mapped(Arguments given) {
    Object mapping = given.as("format_map", "mapping").get("mapping");
    if (!(mapping instanceof PyDict dict)) {
      throw JinjaException.type("format_map needs a mapping");
    }
    Map<String, Object> named = new java.util.LinkedHashMap<>();
    for (PyDict.Entry entry : dict.entries()) {
      if (Types.isText(entry.key())) {
        named.put(Types.letters(entry.key()), entry.value());
      }
    }
    return new Arguments(List.of(), named);
  }

  /**
   * @param levels how deep fields may still be within fields
   */
  private String formatted(String format, int levels) {
    if (levels == 0) {
      throw JinjaException.value("Max string recursion exceeded");
    }
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (at < format.length()) {
      char letter = format.charAt(at);
      boolean twice = at + 1 < format.length() && format.charAt(at + 1) == letter;
      if ((letter == '{' || letter == '}') && twice) {
        out.append(letter);
        at += 2;
      } else if (letter == '}') {
        throw JinjaException.value("Single '}' encountered in format string");
      } else if (letter == '{') {
        int end = end(format, at + 1);
        StringSplits.append(evaluator.budget(), out, field(format.substring(at + 1, end), levels));
        at = end + 1;
      } else {
        out.append(letter);
        at++;
      }
    }
    evaluator.budget().room(out.length());
    return out.toString();
  }

  private static int end(String format, int from) {
    int depth = 1;
    for (int at = from; at < format.length(); at++) {
      char letter = format.charAt(at);
      depth += letter == '{' ? 1 : letter == '}' ? -1 : 0;
      if (depth == 0) {
        return at;
      }
    }
    throw JinjaException.value("expected '}' before end of string");
  }

  private String field(String written, int levels) {
    int end = 0;
    boolean bracketed = false;
    while (end < written.length() && (bracketed || "!:".indexOf(written.charAt(end)) < 0)) {
      bracketed = written.charAt(end) == '[' || bracketed && written.charAt(end) != ']';
      end++;
    }
    Object value = value(written.substring(0, end));
    char conversion = 0;
    if (written.startsWith("!", end)) {
      if (end + 2 > written.length()
          || end + 2 < written.length() && written.charAt(end + 2) != ':') {
        throw JinjaException.value("expected ':' after conversion specifier");
      }
      conversion = written.charAt(end + 1);
      end += 2;
    }
    String spec = end < written.length() ? formatted(written.substring(end + 1), levels - 1) : "";
    return laidOut(converted(value, conversion), spec);
  }

  private Object converted(Object value, char conversion) {
    return switch (conversion) {
      case 0 -> value;
      case 's' -> evaluator.text(value);
      case 'r' -> {
        evaluator.budget().room(Printing.size(value, evaluator.budget()));
        yield Printing.repr(value);
      }
      case 'a' -> throw JinjaException.unsupported("'!a' in a format");
      default -> throw JinjaException.value("Unknown conversion specifier " + conversion);
    };
  }

  private Object value(String path) {
    int end = 0;
    while (end < path.length() && ".[".indexOf(path.charAt(end)) < 0) {
      end++;
    }
    Object value = first(path.substring(0, end), path.isEmpty());
    while (end < path.length()) {
      boolean item = path.charAt(end) == '[';
      int next = end + 1;
      while (next < path.length()
          && (item ? path.charAt(next) != ']' : ".[".indexOf(path.charAt(next)) < 0)) {
        next++;
      }
      String name = path.substring(end + 1, next);
      if (name.isEmpty() || item && next == path.length()) {
        throw JinjaException.value("Empty attribute in format string");
      }
      value =
          item
              ? evaluator.attributes().item(value, key(name))
              : evaluator.attributes().attribute(value, name);
      end = item ? next + 1 : next;
    }
    return value;
  }

  private static Object key(String name) {
    boolean number =
        !name.isEmpty()
            && name.length() < 10
            && name.chars().allMatch(letter -> letter >= '0' && letter <= '9');
    return number ? new BigInteger(name) : name;
  }

  private Object first(String name, boolean counts) {
    Object key = counts ? BigInteger.valueOf(automatic++) : key(name);
    if (key instanceof BigInteger index) {
      numbered |= !counts;
      if (numbered && automatic > 0) {
        throw JinjaException.value(
            "cannot switch between automatic field numbering and manual field specification");
      }
      int at = Numbers.clamped(index);
      if (at >= arguments.positional().size()) {
        throw new JinjaException(
            "IndexError", "Replacement index " + at + " out of range for positional args tuple");
      }
      return arguments.positional().get(at);
    }
    Object value = arguments.named().get(name);
    if (value == null) {
      throw new JinjaException("KeyError", PythonText.repr(name));
    }
    return value;
  }

  private String laidOut(Object value, String spec) {
    String text = plain(value, spec);
    return escapes && !(value instanceof Markup) ? Markup.escaped(text) : text;
  }

  private String plain(Object value, String spec) {
    if (spec.isEmpty()) {
      return evaluator.text(value);
    }
    if (Types.isText(value)) {
      return FormatSpec.parse(spec).text(Types.letters(value));
    }
    if (value instanceof Double number) {
      return FormatSpec.parse(spec).real(number);
    }
    if (Numbers.isInteger(value)) {
      return FormatSpec.parse(spec).integer(Numbers.integer(value));
    }
    throw JinjaException.type(
        "unsupported format string passed to " + Types.name(value) + ".__format__");
  }
}
