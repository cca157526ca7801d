package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.peft4j.transformers.jinja.Filters.Filter;

/** Filters that make one text of another, or of any value. */
final class TextFilters {

  static final Map<String, Filter> FILTERS = new HashMap<>();

  static {
    letters("upper", PythonText::upper);
    letters("lower", PythonText::lower);
    letters("capitalize", PythonText::capitalize);
    letters("title", TextFilters::title);
    FILTERS.put("string", (evaluator, value, arguments) -> soft(evaluator, value));
    FILTERS.put("safe", (evaluator, value, arguments) -> new Markup(evaluator.text(value)));
    FILTERS.put("escape", TextFilters::escape);
    FILTERS.put("e", TextFilters::escape);
    FILTERS.put(
        "forceescape",
        (evaluator, value, arguments) -> escape(evaluator, evaluator.text(value), arguments));
    FILTERS.put("trim", TextFilters::trim);
    FILTERS.put("replace", TextFilters::replace);
    FILTERS.put("format", TextFilters::format);
    FILTERS.put("tojson", TextFilters::json);
    FILTERS.put("wordcount", (evaluator, value, arguments) -> words(evaluator, value));
    FILTERS.put("urlencode", TextFilters::urlEncode);
    FILTERS.put("join", TextFilters::join);
  }

  private TextFilters() {}

  private static void letters(String name, UnaryOperator<String> function) {
    FILTERS.put(
        name,
        (evaluator, value, arguments) -> {
          arguments.as(name);
          Object text = soft(evaluator, value);
          evaluator.budget().room(Types.letters(text).length());
          return Types.alike(text, function.apply(Types.letters(text)));
        });
  }

  /** A text as it is, safe or not; of any other value what is printed of it. */
  static Object soft(Evaluator evaluator, Object value) {
    return value instanceof Markup ? value : evaluator.text(value);
  }

  private static Object escape(Evaluator evaluator, Object value, Arguments arguments) {
    if (value instanceof Markup) {
      return value;
    }
    String text = evaluator.text(value);
    evaluator.budget().room(5L * text.length());
    return new Markup(Markup.escaped(text));
  }

  /** Words begin after blanks, hyphens and opening brackets. */
  private static String title(String text) {
    StringBuilder title = new StringBuilder();
    boolean begins = true;
    for (int letter : text.codePoints().toArray()) {
      boolean between = "-({[<".indexOf(letter) >= 0 || PythonText.isBlank(letter);
      String one = Character.toString(letter);
      title.append(between ? one : begins ? PythonText.upper(one) : PythonText.lower(one));
      begins = between;
    }
    return title.toString();
  }

  private static Object trim(Evaluator evaluator, Object value, Arguments arguments) {
    Object text = soft(evaluator, value);
    evaluator.budget().room(Types.letters(text).length());
    Parameters given = arguments.as("trim", "chars");
    boolean blanks = given.get("chars", None.NONE) == None.NONE;
    String chars = blanks ? "" : given.text("chars");
    boolean nothing = !blanks && chars.isEmpty();
    return nothing
        ? text
        : Types.alike(text, PythonText.strip(Types.letters(text), chars, true, true));
  }

  private static Object replace(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("replace", "old", "new", "count");
    Object count = given.get("count", None.NONE);
    String text = evaluator.text(value);
    evaluator.budget().room(text.length());
    return StringSearch.replace(
        evaluator.budget(),
        text,
        evaluator.text(given.get("old")),
        evaluator.text(given.get("new")),
        count == None.NONE ? -1 : Numbers.clamped(Numbers.requireInteger(count)));
  }

  private static Object format(Evaluator evaluator, Object value, Arguments arguments) {
    if (!arguments.named().isEmpty() && !arguments.positional().isEmpty()) {
      throw new JinjaException(
          "FilterArgumentError", "can't handle positional and keyword arguments at the same time");
    }
    Object values;
    if (arguments.named().isEmpty()) {
      values = PyTuple.of(arguments.positional());
    } else {
      PyDict.Builder dict = new PyDict.Builder();
      arguments.named().forEach(dict::put);
      values = dict.build();
    }
    return new PercentFormat(evaluator.budget()).format(soft(evaluator, value), values);
  }

  /** As transformers has it, not as Jinja2: letters stay as they are. */
  private static Object json(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
    Object indent = given.get("indent", None.NONE);
    Object separators = given.get("separators", None.NONE);
    boolean lines = indent != None.NONE;
    String level =
        Types.isText(indent) ? Types.letters(indent) : lines ? blanks(evaluator, indent) : "";
    boolean separated = separators != None.NONE;
    Json json =
        new Json(
            evaluator.budget(),
            given.truth("ensure_ascii", false),
            level,
            lines,
            separated ? separator(separators, 0) : lines ? "," : ", ",
            separated ? separator(separators, 1) : ": ",
            given.truth("sort_keys", false));
    return json.write(value);
  }

  private static String blanks(Evaluator evaluator, Object indent) {
    int count = Math.max(0, Numbers.clamped(Numbers.requireInteger(indent)));
    evaluator.budget().room(count);
    return " ".repeat(count);
  }

  private static String separator(Object separators, int index) {
    boolean two =
        (separators instanceof PyTuple || separators instanceof PyList)
            && Types.items(separators).size() == 2;
    if (!two) {
      throw JinjaException.value("separators must be two strings");
    }
    return Types.requireText(Types.items(separators).get(index), "tojson");
  }

  private static Object words(Evaluator evaluator, Object value) {
    String text = evaluator.text(value);
    evaluator.budget().room(text.length());
    long words = 0;
    boolean within = false;
    for (int letter : text.codePoints().toArray()) {
      boolean part = letter == '_' || Character.isLetterOrDigit(letter);
      words += part && !within ? 1 : 0;
      within = part;
    }
    return BigInteger.valueOf(words);
  }

  private static Object urlEncode(Evaluator evaluator, Object value, Arguments arguments) {
    if (Types.isText(value) || !Types.isIterable(value)) {
      return quoted(evaluator, value, false);
    }
    Object pairs = value instanceof PyDict dict ? new DictView(dict, DictView.Kind.ITEMS) : value;
    StringBuilder text = new StringBuilder();
    Iterator<Object> items = Types.iterator(pairs);
    while (items.hasNext()) {
      Object pair = items.next();
      if (!(pair instanceof PyTuple two) || two.items().size() != 2) {
        throw JinjaException.unsupported("urlencode of what is not pairs");
      }
      text.append(text.isEmpty() ? "" : "&")
          .append(quoted(evaluator, two.items().get(0), true))
          .append('=')
          .append(quoted(evaluator, two.items().get(1), true));
    }
    return text.toString();
  }

  private static String quoted(Evaluator evaluator, Object value, boolean query) {
    String text = evaluator.text(value);
    evaluator.budget().room(12L * text.length());
    StringBuilder quoted = new StringBuilder();
    for (byte unit : text.getBytes(StandardCharsets.UTF_8)) {
      char letter = (char) (unit & 0xFF);
      boolean kept =
          letter < 0x80 && (Character.isLetterOrDigit(letter) || "_.-~".indexOf(letter) >= 0);
      if (kept || letter == '/' && !query) {
        quoted.append(letter);
      } else {
        quoted.append(letter == ' ' && query ? "+" : "%%%02X".formatted((int) letter));
      }
    }
    return quoted.toString();
  }

  private static Object join(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("join", "d", "attribute");
    Object attribute = given.get("attribute", None.NONE);
    UnaryOperator<Object> part = new Keys(evaluator).attribute(attribute);
    String between = evaluator.text(given.get("d", ""));
    StringBuilder text = new StringBuilder();
    Iterator<Object> items = Types.iterator(value);
    for (boolean first = true; items.hasNext(); first = false) {
      evaluator.budget().step();
      StringSplits.append(evaluator.budget(), text, first ? "" : between);
      StringSplits.append(evaluator.budget(), text, evaluator.text(part.apply(items.next())));
    }
    return text.toString();
  }
}
