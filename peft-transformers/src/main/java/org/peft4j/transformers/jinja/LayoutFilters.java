package org.peft4j.transformers.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.transformers.jinja.Filters.Filter;

/** Filters that lay a text out. */
final class LayoutFilters {

  private static final String USUAL_ENDING = "...";

  static final Map<String, Filter> FILTERS = new HashMap<>();

  static {
    FILTERS.put("indent", LayoutFilters::indent);
    FILTERS.put("center", LayoutFilters::center);
    FILTERS.put("truncate", LayoutFilters::truncate);
    FILTERS.put("striptags", LayoutFilters::withoutTags);
  }

  private LayoutFilters() {}

  private static Object center(Evaluator evaluator, Object value, Arguments arguments) {
    Object width = arguments.as("center", "width").get("width", Numbers.of(80));
    Object text = TextFilters.soft(evaluator, value);
    Function method = (Function) StringMethods.find(text, "center").orElseThrow();
    return method.call(evaluator, Arguments.of(width));
  }

  private static Object indent(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("indent", "width", "first", "blank");
    Object width = given.get("width", Numbers.of(4));
    Budget budget = evaluator.budget();
    String indent =
        Types.isText(width)
            ? Types.letters(width)
            : Types.letters(evaluator.arithmetic().apply("*", " ", width));
    if (!Types.isText(value)) {
      evaluator.arithmetic().apply("+", value, "\n");
    }
    List<String> lines = PythonText.lines(Types.requireText(value, "indent") + "\n", false);
    boolean blanks = given.truth("blank", false);
    StringBuilder text = new StringBuilder(given.truth("first", false) ? indent : "");
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      boolean indented = i > 0 && (blanks || !line.isEmpty());
      StringSplits.append(budget, text, i > 0 ? "\n" : "");
      StringSplits.append(budget, text, indented ? indent : "");
      StringSplits.append(budget, text, line);
    }
    return Types.alike(value, text.toString());
  }

  private static Object truncate(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("truncate", "length", "killwords", "end", "leeway");
    int length = given.integer("length", 255);
    String end = given.text("end", USUAL_ENDING);
    int leeway = given.get("leeway", None.NONE) == None.NONE ? 5 : given.integer("leeway", 0);
    int endLength = PythonText.length(end);
    if (length < endLength || leeway < 0) {
      throw new JinjaException(
          "AssertionError", "expected length >= %d, got %d".formatted(endLength, length));
    }
    String text = Types.requireText(value, "truncate");
    if (PythonText.length(text) <= (long) length + leeway) {
      return value;
    }
    String cut = PythonText.substring(text, 0, length - endLength);
    int blank = cut.lastIndexOf(' ');
    boolean whole = given.truth("killwords", false) || blank < 0;
    return Types.alike(value, (whole ? cut : cut.substring(0, blank)) + end);
  }

  private static Object withoutTags(Evaluator evaluator, Object value, Arguments arguments) {
    String text = without(without(evaluator.text(value), "<!--", "-->"), "<", ">");
    evaluator.budget().room(text.length());
    if (text.indexOf('&') >= 0) {
      throw JinjaException.unsupported("striptags of a text with '&'");
    }
    StringBuilder words = new StringBuilder();
    for (Object word : Types.items(split(evaluator, text))) {
      words.append(words.isEmpty() ? "" : " ").append(word);
    }
    return words.toString();
  }

  private static Object split(Evaluator evaluator, String text) {
    Function split = (Function) StringMethods.find(text, "split").orElseThrow();
    return split.call(evaluator, Arguments.NONE);
  }

  private static String without(String text, String open, String close) {
    StringBuilder kept = new StringBuilder();
    int from = 0;
    int start = text.indexOf(open);
    while (start >= 0) {
      int end = text.indexOf(close, start);
      if (end < 0) {
        break;
      }
      kept.append(text, from, start);
      from = end + close.length();
      start = text.indexOf(open, from);
    }
    return kept.append(text, from, text.length()).toString();
  }
}
