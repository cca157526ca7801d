package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The methods of Python's lists and tuples that change nothing. */
final class ListMethods {

  private ListMethods() {}

  static Optional<Object> find(List<Object> items, boolean list, String name) {
    if (name.equals("count")) {
      return Optional.of((Function) (evaluator, arguments) -> count(evaluator, items, arguments));
    }
    if (name.equals("index")) {
      return Optional.of((Function) (evaluator, arguments) -> index(evaluator, items, arguments));
    }
    return list && name.equals("copy")
        ? Optional.of((Function) (evaluator, arguments) -> PyList.of(items))
        : Optional.empty();
  }

  private static Object count(Evaluator evaluator, List<Object> items, Arguments arguments) {
    Object wanted = arguments.as("count", "value").get("value");
    long count = items.stream().filter(item -> evaluator.comparison().equal(item, wanted)).count();
    return BigInteger.valueOf(count);
  }

  private static Object index(Evaluator evaluator, List<Object> items, Arguments arguments) {
    Parameters given =
        new Arguments(arguments.only("index"), Map.of()).as("index", "value", "start", "stop");
    SliceRange range =
        SliceRange.of(
                items.size(),
                given.get("start", None.NONE),
                given.get("stop", None.NONE),
                None.NONE)
            .orElseThrow(() -> JinjaException.type("slice indices must be integers"));
    for (int i = 0; i < range.count(); i++) {
      if (evaluator.comparison().equal(items.get(range.index(i)), given.get("value"))) {
        return BigInteger.valueOf(range.index(i));
      }
    }
    throw JinjaException.value("the value is not in the list");
  }
}
