package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.peft4j.transformers.jinja.StringMethods.Method;

/** The methods of strings that take them apart or join them. */
final class StringSplits {

  static final Map<String, Method> METHODS =
      Map.of(
          "split", (budget, text, arguments) -> split(budget, text, arguments, false),
          "rsplit", (budget, text, arguments) -> split(budget, text, arguments, true),
          "splitlines", StringSplits::lines,
          "partition", (budget, text, arguments) -> partition(text, arguments, false),
          "rpartition", (budget, text, arguments) -> partition(text, arguments, true),
          "join", StringSplits::joined);

  private StringSplits() {}

  private static Object split(Budget budget, String text, Arguments arguments, boolean right) {
    Parameters given = arguments.as("split", "sep", "maxsplit");
    int most = given.integer("maxsplit", -1);
    int limit = most < 0 ? Integer.MAX_VALUE : most;
    Object separator = given.get("sep", None.NONE);
    List<String> parts;
    if (separator == None.NONE) {
      parts = right ? byBlanksFromRight(text, limit) : byBlanks(text, limit);
    } else {
      String by = Types.requireText(separator, "split");
      if (by.isEmpty()) {
        throw JinjaException.value("empty separator");
      }
      parts = right ? fromRight(text, by, limit) : by(text, by, limit);
    }
    return PyList.of(StringMethods.texts(parts, budget));
  }

  private static List<String> by(String text, String separator, int limit) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    int at = PythonText.find(text, separator, 0);
    while (at >= 0 && parts.size() < limit) {
      parts.add(text.substring(from, at));
      from = at + separator.length();
      at = PythonText.find(text, separator, from);
    }
    parts.add(text.substring(from));
    return parts;
  }

  /** By turning all round, so that separators are found from the end. */
  private static List<String> fromRight(String text, String separator, int limit) {
    List<String> parts = new ArrayList<>();
    for (String part : by(reversed(text), reversed(separator), limit)) {
      parts.add(reversed(part));
    }
    Collections.reverse(parts);
    return parts;
  }

  private static String reversed(String text) {
    return new StringBuilder(text).reverse().toString();
  }

  private static List<String> byBlanks(String text, int limit) {
    List<String> parts = new ArrayList<>();
    int at = PythonText.skipBlanks(text, 0);
    while (at < text.length()) {
      if (parts.size() >= limit) {
        parts.add(text.substring(at));
        return parts;
      }
      int end = at;
      while (end < text.length() && !PythonText.isBlank(text.charAt(end))) {
        end++;
      }
      parts.add(text.substring(at, end));
      at = PythonText.skipBlanks(text, end);
    }
    return parts;
  }

  private static List<String> byBlanksFromRight(String text, int limit) {
    List<String> parts = new ArrayList<>();
    for (String part : byBlanks(reversed(text), limit)) {
      parts.add(reversed(part));
    }
    Collections.reverse(parts);
    return parts;
  }

  private static Object lines(Budget budget, String text, Arguments arguments) {
    boolean keeps = arguments.as("splitlines", "keepends").truth("keepends", false);
    return PyList.of(StringMethods.texts(PythonText.lines(text, keeps), budget));
  }

  private static Object partition(String text, Arguments arguments, boolean right) {
    String separator = arguments.as("partition", "sep").text("sep");
    if (separator.isEmpty()) {
      throw JinjaException.value("empty separator");
    }
    List<String> parts = right ? fromRight(text, separator, 1) : by(text, separator, 1);
    if (parts.size() == 2) {
      return PyTuple.of(parts.get(0), separator, parts.get(1));
    }
    return right ? PyTuple.of("", "", text) : PyTuple.of(text, "", "");
  }

  private static Object joined(Budget budget, String text, Arguments arguments) {
    Iterator<Object> items = Types.iterator(arguments.as("join", "iterable").get("iterable"));
    StringBuilder joined = new StringBuilder();
    for (int i = 0; items.hasNext(); i++) {
      budget.step();
      Object item = items.next();
      if (!Types.isText(item)) {
        throw JinjaException.type(
            "sequence item %d: expected str instance, %s found".formatted(i, Types.name(item)));
      }
      append(budget, joined, i == 0 ? "" : text);
      append(budget, joined, Types.letters(item));
    }
    return joined.toString();
  }

  static void append(Budget budget, StringBuilder text, String more) {
    budget.room(more.length());
    budget.requireShort((long) text.length() + more.length());
    text.append(more);
  }
}
