package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** What every template is given: Jinja2's own functions, and the two that transformers adds. */
final class Globals {

  private Globals() {}

  static Map<String, Object> at(LocalDateTime now) {
    Map<String, Object> globals = new HashMap<>();
    globals.put("range", (Function) Globals::range);
    globals.put("dict", (Function) (evaluator, arguments) -> dict(evaluator, arguments));
    globals.put("namespace", (Function) Globals::namespace);
    globals.put("cycler", (Function) Globals::cycler);
    globals.put("joiner", (Function) Globals::joiner);
    globals.put("lipsum", (Function) Globals::lipsum);
    globals.put("raise_exception", (Function) Globals::refuse);
    globals.put(
        "strftime_now",
        (Function)
            (evaluator, arguments) ->
                PythonDates.format(arguments.as("strftime_now", "format").text("format"), now));
    return globals;
  }

  private static Object range(Evaluator evaluator, Arguments arguments) {
    List<Object> given = arguments.only("range");
    List<BigInteger> numbers = given.stream().map(Numbers::requireInteger).toList();
    return switch (numbers.size()) {
      case 1 -> PyRange.of(BigInteger.ZERO, numbers.get(0), BigInteger.ONE);
      case 2 -> PyRange.of(numbers.get(0), numbers.get(1), BigInteger.ONE);
      case 3 -> PyRange.of(numbers.get(0), numbers.get(1), numbers.get(2));
      default -> throw JinjaException.type("range takes 1 to 3 arguments");
    };
  }

  private static PyDict dict(Evaluator evaluator, Arguments arguments) {
    PyDict.Builder dict = new PyDict.Builder();
    if (arguments.positional().size() > 1) {
      throw JinjaException.type("dict expected at most 1 argument");
    }
    evaluator.budget().list(arguments.count());
    for (Object source : arguments.positional()) {
      if (source instanceof PyDict other) {
        evaluator.budget().list(other.size());
        dict.putAll(other);
      } else {
        pairs(evaluator, source, dict);
      }
    }
    arguments.named().forEach(dict::put);
    return dict.build();
  }

  private static void pairs(Evaluator evaluator, Object source, PyDict.Builder dict) {
    for (Object pair : Conversions.list(source, evaluator.budget())) {
      Iterator<Object> parts = Conversions.list(pair, evaluator.budget()).iterator();
      Object[] two = new Object[2];
      for (int i = 0; i < 2; i++) {
        if (!parts.hasNext()) {
          throw JinjaException.value("dictionary update sequence elements need length 2");
        }
        two[i] = parts.next();
      }
      if (parts.hasNext()) {
        throw JinjaException.value("dictionary update sequence elements need length 2");
      }
      dict.put(two[0], two[1]);
    }
  }

  private static Object namespace(Evaluator evaluator, Arguments arguments) {
    Namespace namespace = new Namespace();
    for (PyDict.Entry entry : dict(evaluator, arguments).entries()) {
      if (!Types.isText(entry.key())) {
        throw JinjaException.unsupported("a namespace with names that are not texts");
      }
      namespace.attributes().put(Types.letters(entry.key()), entry.value());
    }
    return namespace;
  }

  private static Object cycler(Evaluator evaluator, Arguments arguments) {
    List<Object> items = arguments.only("cycler");
    if (items.isEmpty()) {
      throw new JinjaException("RuntimeError", "at least one item has to be provided");
    }
    return new Cycler(items);
  }

  private static Object joiner(Evaluator evaluator, Arguments arguments) {
    Object between = arguments.as("joiner", "sep").get("sep", ", ");
    boolean[] used = {false};
    return (Function)
        (inner, none) -> {
          boolean first = !used[0];
          used[0] = true;
          return first ? "" : between;
        };
  }

  private static Object lipsum(Evaluator evaluator, Arguments arguments) {
    throw JinjaException.unsupported("lipsum(), which is chance,");
  }

  private static Object refuse(Evaluator evaluator, Arguments arguments) {
    Object message = arguments.as("raise_exception", "message").get("message");
    throw new JinjaException(JinjaException.REFUSAL, evaluator.text(message));
  }
}
