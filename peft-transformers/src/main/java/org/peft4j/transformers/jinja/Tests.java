package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The tests, {@code value is name}, by their names. */
final class Tests {

  /** What is asked about a value. */
  interface Test {
    boolean holds(Evaluator evaluator, Object value, Arguments arguments);
  }

  private static final Map<String, Test> TESTS = new HashMap<>();

  static {
    kinds();
    for (List<String> names :
        List.of(
            List.of("==", "eq", "equalto"),
            List.of("!=", "ne"),
            List.of("<", "lt", "lessthan"),
            List.of("<=", "le"),
            List.of(">", "gt", "greaterthan"),
            List.of(">=", "ge"))) {
      names.forEach(name -> comparing(name, names.get(0)));
    }
    comparing("in", "in");
    TESTS.put("sameas", (evaluator, value, arguments) -> same(value, other(arguments, "sameas")));
    TESTS.put("divisibleby", Tests::isDivisible);
    TESTS.put("odd", (evaluator, value, arguments) -> remainder(evaluator, value, arguments) == 1);
    TESTS.put("even", (evaluator, value, arguments) -> remainder(evaluator, value, arguments) == 0);
  }

  private Tests() {}

  static boolean has(String name) {
    return TESTS.containsKey(name);
  }

  static boolean holds(String name, Evaluator evaluator, Object value, Arguments arguments) {
    Test test = TESTS.get(name);
    if (test == null) {
      throw new JinjaException("TemplateRuntimeError", "No test named '" + name + "'.");
    }
    evaluator.budget().step();
    return test.holds(evaluator, value, arguments);
  }

  private static void kinds() {
    ask("defined", value -> !(value instanceof Undefined));
    ask("undefined", value -> value instanceof Undefined);
    ask("none", value -> value == None.NONE);
    ask("boolean", value -> value instanceof Boolean);
    ask("true", value -> Boolean.TRUE.equals(value));
    ask("false", value -> Boolean.FALSE.equals(value));
    ask("integer", value -> value instanceof BigInteger);
    ask("float", value -> value instanceof Double);
    ask("number", Numbers::isNumber);
    ask("string", Types::isText);
    ask("mapping", value -> value instanceof PyDict);
    ask("iterable", value -> Types.isIterable(value));
    ask("sequence", Tests::isSequence);
    ask("callable", Tests::isCallable);
    ask("escaped", value -> value instanceof Markup);
    TESTS.put(
        "lower", (evaluator, value, arguments) -> StringKinds.isLower(letters(evaluator, value)));
    TESTS.put(
        "upper", (evaluator, value, arguments) -> StringKinds.isUpper(letters(evaluator, value)));
    ask("filter", value -> Types.isText(value) && Filters.has(Types.letters(value)));
    ask("test", value -> Types.isText(value) && has(Types.letters(value)));
  }

  private static void ask(String name, Predicate<Object> test) {
    TESTS.put(
        name,
        (evaluator, value, arguments) -> {
          arguments.as(name);
          return test.test(value);
        });
  }

  private static String letters(Evaluator evaluator, Object value) {
    String text = evaluator.text(value);
    evaluator.budget().steps(text.length() / 16);
    return text;
  }

  private static void comparing(String name, String operator) {
    TESTS.put(
        name,
        (evaluator, value, arguments) ->
            evaluator.comparison().holds(operator, value, other(arguments, name)));
  }

  private static Object other(Arguments arguments, String name) {
    return arguments.as(name, "other").get("other");
  }

  private static boolean isSequence(Object value) {
    return Types.isText(value)
        || value instanceof PyList
        || value instanceof PyTuple
        || value instanceof PyDict
        || value instanceof PyRange
        || value instanceof Undefined;
  }

  private static boolean isCallable(Object value) {
    return value instanceof Function || value instanceof LoopContext || value instanceof Undefined;
  }

  /** Small integers, booleans and none are one object each; of other values only itself is. */
  private static boolean same(Object value, Object other) {
    if (value == other) {
      return true;
    }
    if (value instanceof Boolean || other instanceof Boolean) {
      return value.equals(other);
    }
    if (value instanceof BigInteger a && other instanceof BigInteger b) {
      return a.equals(b);
    }
    if (Types.isText(value) && Types.isText(other) || value instanceof Double) {
      throw JinjaException.unsupported("'sameas' of texts or floats, whose answer is chance,");
    }
    return false;
  }

  private static boolean isDivisible(Evaluator evaluator, Object value, Arguments arguments) {
    Object number = arguments.as("divisibleby", "num").get("num");
    return !Types.truth(evaluator.arithmetic().apply("%", value, number));
  }

  private static int remainder(Evaluator evaluator, Object value, Arguments arguments) {
    arguments.as("odd or even");
    Object rest = evaluator.arithmetic().apply("%", value, BigInteger.TWO);
    if (evaluator.comparison().equal(rest, BigInteger.ONE)) {
      return 1;
    }
    return evaluator.comparison().equal(rest, BigInteger.ZERO) ? 0 : -1;
  }
}
