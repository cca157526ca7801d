package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.Map;
import java.util.function.BiPredicate;
import org.peft4j.transformers.jinja.StringMethods.Method;

/** The methods of strings that look for a part. */
final class StringSearch {

  static final Map<String, Method> METHODS =
      Map.of(
          "find", (budget, text, arguments) -> number(place(text, arguments, "find", false)),
          "rfind", (budget, text, arguments) -> number(place(text, arguments, "rfind", true)),
          "index", (budget, text, arguments) -> required(place(text, arguments, "index", false)),
          "rindex", (budget, text, arguments) -> required(place(text, arguments, "rindex", true)),
          "count", (budget, text, arguments) -> count(text, arguments),
          "replace", StringSearch::replaced,
          "startswith",
              (budget, text, arguments) -> fits(text, arguments, "startswith", String::startsWith),
          "endswith",
              (budget, text, arguments) -> fits(text, arguments, "endswith", String::endsWith));

  private StringSearch() {}

  private static Object number(int value) {
    return BigInteger.valueOf(value);
  }

  private static Object required(int place) {
    if (place < 0) {
      throw JinjaException.value("substring not found");
    }
    return number(place);
  }

  private static Parameters given(Arguments arguments, String method) {
    return new Arguments(arguments.only(method), Map.of()).as(method, "sub", "start", "end");
  }

  private static SliceRange range(String text, Parameters given) {
    Object start = given.get("start", None.NONE);
    Object end = given.get("end", None.NONE);
    return SliceRange.of(PythonText.length(text), start, end, None.NONE)
        .orElseThrow(
            () ->
                JinjaException.type(
                    "slice indices must be integers or None or have an __index__ method"));
  }

  /** Whether a start lies beyond the text's end, where not even nothing is found. */
  private static boolean beyond(String text, Parameters given) {
    Object start = given.get("start", None.NONE);
    return Numbers.isInteger(start)
        && Numbers.integer(start).compareTo(BigInteger.valueOf(PythonText.length(text))) > 0;
  }

  private static int place(String text, Arguments arguments, String method, boolean last) {
    Parameters given = given(arguments, method);
    String part = given.text("sub");
    SliceRange range = range(text, given);
    if (beyond(text, given) || hasNegativeLength(text, given)) {
      return -1;
    }
    String within = range.of(text);
    int found = last ? lastPlace(within, part) : PythonText.find(within, part, 0);
    return found < 0 ? -1 : range.start() + within.codePointCount(0, found);
  }

  private static boolean hasNegativeLength(String text, Parameters given) {
    SliceRange range = range(text, given);
    if (range.count() > 0) {
      return false;
    }
    SliceRange toEnd =
        SliceRange.of(PythonText.length(text), None.NONE, given.get("end", None.NONE), None.NONE)
            .orElseThrow();
    return toEnd.count() < range.start();
  }

  private static int lastPlace(String text, String part) {
    String backwards = new StringBuilder(text).reverse().toString();
    int found = PythonText.find(backwards, new StringBuilder(part).reverse().toString(), 0);
    return found < 0 ? -1 : text.length() - found - part.length();
  }

  private static Object count(String text, Arguments arguments) {
    Parameters given = given(arguments, "count");
    String part = given.text("sub");
    if (beyond(text, given) || hasNegativeLength(text, given)) {
      return BigInteger.ZERO;
    }
    String within = range(text, given).of(text);
    if (part.isEmpty()) {
      return number(PythonText.length(within) + 1);
    }
    int count = 0;
    int at = PythonText.find(within, part, 0);
    while (at >= 0) {
      count++;
      at = PythonText.find(within, part, at + part.length());
    }
    return number(count);
  }

  private static Object fits(
      String text, Arguments arguments, String method, BiPredicate<String, String> test) {
    Parameters given = given(arguments, method);
    Object wanted = given.get("sub");
    boolean out = beyond(text, given) || hasNegativeLength(text, given);
    String within = range(text, given).of(text);
    if (wanted instanceof PyTuple several) {
      boolean found = false;
      for (Object one : several.items()) {
        found |= !out && test.test(within, Types.requireText(one, method));
      }
      return found;
    }
    return test.test(within, Types.requireText(wanted, method)) && !out;
  }

  private static Object replaced(Budget budget, String text, Arguments arguments) {
    Parameters given =
        new Arguments(arguments.only("replace"), Map.of()).as("replace", "old", "new", "count");
    return replace(budget, text, given.text("old"), given.text("new"), given.integer("count", -1));
  }

  static String replace(Budget budget, String text, String old, String now, int count) {
    int most = count < 0 ? Integer.MAX_VALUE : count;
    StringBuilder replaced = new StringBuilder();
    int from = 0;
    int times = 0;
    for (int at = next(text, old, 0, true);
        at >= 0 && times < most;
        at = next(text, old, at + old.length(), false)) {
      budget.room(now.length());
      budget.requireShort((long) replaced.length() + now.length() + at - from);
      replaced.append(text, from, at).append(now);
      from = at;
      if (!old.isEmpty()) {
        from += old.length();
      }
      times++;
    }
    return replaced.append(text, from, text.length()).toString();
  }

  /** The next place of a part; nothing stands before every letter and at the end. */
  private static int next(String text, String part, int from, boolean first) {
    if (!part.isEmpty()) {
      return PythonText.find(text, part, from);
    }
    if (first) {
      return 0;
    }
    return from < text.length() ? text.offsetByCodePoints(from, 1) : -1;
  }
}
