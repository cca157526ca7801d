package org.peft4j.transformers.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The methods of Python's strings. */
final class StringMethods {

  /** A method of a text, of which it is given the letters. */
  interface Method {
    Object call(Budget budget, String text, Arguments arguments);
  }

  private static final Set<String> UNSUPPORTED =
      Set.of("encode", "maketrans", "translate", "isidentifier");

  private static final Map<String, Method> METHODS = new HashMap<>();

  static {
    plain("capitalize", PythonText::capitalize);
    plain("casefold", StringMethods::caseFolded);
    plain("lower", PythonText::lower);
    plain("upper", PythonText::upper);
    plain("title", StringMethods::title);
    plain("swapcase", StringMethods::swapped);
    METHODS.put("strip", (budget, text, arguments) -> stripped(text, arguments, true, true));
    METHODS.put("lstrip", (budget, text, arguments) -> stripped(text, arguments, true, false));
    METHODS.put("rstrip", (budget, text, arguments) -> stripped(text, arguments, false, true));
    METHODS.put("center", (budget, text, arguments) -> padded(budget, text, arguments, '^'));
    METHODS.put("ljust", (budget, text, arguments) -> padded(budget, text, arguments, '<'));
    METHODS.put("rjust", (budget, text, arguments) -> padded(budget, text, arguments, '>'));
    METHODS.put("zfill", StringMethods::zeroFilled);
    METHODS.put("expandtabs", StringMethods::tabsExpanded);
    METHODS.put("removeprefix", StringMethods::withoutPrefix);
    METHODS.put("removesuffix", StringMethods::withoutSuffix);
    METHODS.putAll(StringSearch.METHODS);
    METHODS.putAll(StringSplits.METHODS);
    METHODS.putAll(StringKinds.METHODS);
  }

  private StringMethods() {}

  private static void plain(String name, java.util.function.UnaryOperator<String> function) {
    METHODS.put(
        name,
        (budget, text, arguments) -> {
          arguments.as(name);
          return function.apply(text);
        });
  }

  /** The method of that text, if strings have such a one. */
  static Optional<Object> find(Object text, String name) {
    if (UNSUPPORTED.contains(name)) {
      throw JinjaException.unsupported("str." + name);
    }
    if (name.equals("format") || name.equals("format_map")) {
      return Optional.of(
          (Function)
              (evaluator, arguments) -> new BraceFormat(evaluator).format(text, name, arguments));
    }
    Method method = METHODS.get(name);
    if (method == null) {
      return Optional.empty();
    }
    return Optional.of(
        (Function)
            (evaluator, arguments) -> call(method, evaluator.budget(), text, name, arguments));
  }

  private static Object call(
      Method method, Budget budget, Object text, String name, Arguments arguments) {
    String letters = Types.letters(text);
    budget.steps(letters.length() / 16);
    if (text instanceof String) {
      Object result = method.call(budget, letters, arguments);
      budget.room(result instanceof String made ? made.length() : 0);
      return result;
    }
    Object result = method.call(budget, letters, MarkupArguments.of(name, arguments));
    return MarkupArguments.safe(result);
  }

  private static String stripped(String text, Arguments arguments, boolean left, boolean right) {
    Parameters given = arguments.as("strip", "chars");
    if (given.get("chars", None.NONE) == None.NONE) {
      return PythonText.strip(text, "", left, right);
    }
    String chars = given.text("chars");
    return chars.isEmpty() ? text : PythonText.strip(text, chars, left, right);
  }

  private static String padded(Budget budget, String text, Arguments arguments, char side) {
    Parameters given = arguments.as("center", "width", "fillchar");
    String fill = given.text("fillchar", " ");
    if (PythonText.length(fill) != 1) {
      throw JinjaException.type("The fill character must be exactly one character long");
    }
    int width = Numbers.clamped(given.requireInteger("width"));
    int missing = width - PythonText.length(text);
    if (missing <= 0) {
      return text;
    }
    budget.room((long) width * fill.length());
    int left =
        switch (side) {
          case '<' -> 0;
          case '>' -> missing;
          default -> missing / 2 + (missing & width & 1);
        };
    return fill.repeat(left) + text + fill.repeat(missing - left);
  }

  private static String zeroFilled(Budget budget, String text, Arguments arguments) {
    int width = Numbers.clamped(arguments.as("zfill", "width").requireInteger("width"));
    int missing = width - PythonText.length(text);
    if (missing <= 0) {
      return text;
    }
    budget.room(width);
    int sign = text.startsWith("+") || text.startsWith("-") ? 1 : 0;
    return text.substring(0, sign) + "0".repeat(missing) + text.substring(sign);
  }

  private static String tabsExpanded(Budget budget, String text, Arguments arguments) {
    int size = arguments.as("expandtabs", "tabsize").integer("tabsize", 8);
    StringBuilder expanded = new StringBuilder();
    int column = 0;
    for (int letter : text.codePoints().toArray()) {
      if (letter == '\t') {
        int blanks = size > 0 ? size - column % size : 0;
        budget.room(blanks);
        expanded.append(" ".repeat(blanks));
        column += blanks;
      } else {
        expanded.appendCodePoint(letter);
        column = letter == '\n' || letter == '\r' ? 0 : column + 1;
      }
    }
    return expanded.toString();
  }

  private static String withoutPrefix(Budget budget, String text, Arguments arguments) {
    String prefix = arguments.as("removeprefix", "prefix").text("prefix");
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  private static String withoutSuffix(Budget budget, String text, Arguments arguments) {
    String suffix = arguments.as("removesuffix", "suffix").text("suffix");
    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
  }

  /** Good for letters whose folding is their lower case; others are refused. */
  private static String caseFolded(String text) {
    String lower = PythonText.lower(text);
    if (lower.chars().anyMatch(letter -> letter > 0x7F)) {
      throw JinjaException.unsupported("casefold of letters beyond ASCII");
    }
    return lower;
  }

  static String title(String text) {
    StringBuilder title = new StringBuilder();
    boolean within = false;
    for (int letter : text.codePoints().toArray()) {
      String one = Character.toString(letter);
      title.append(within ? PythonText.lower(one) : PythonText.title(letter));
      within =
          Character.isLowerCase(letter)
              || Character.isUpperCase(letter)
              || Character.isTitleCase(letter);
    }
    return title.toString();
  }

  private static String swapped(String text) {
    StringBuilder swapped = new StringBuilder();
    for (int letter : text.codePoints().toArray()) {
      String one = Character.toString(letter);
      swapped.append(
          Character.isUpperCase(letter)
              ? PythonText.lower(one)
              : Character.isLowerCase(letter) ? PythonText.upper(one) : one);
    }
    return swapped.toString();
  }

  static List<Object> texts(List<String> parts, Budget budget) {
    budget.room(20L * parts.size() + parts.stream().mapToLong(String::length).sum());
    return List.copyOf(parts);
  }
}
