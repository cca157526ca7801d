package org.peft4j.transformers.jinja;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.peft4j.transformers.jinja.Filters.Filter;

/** Filters that choose some of several values, or make something of each. */
final class ChoosingFilters {

  static final Map<String, Filter> FILTERS = new HashMap<>();

  static {
    FILTERS.put("map", ChoosingFilters::map);
    FILTERS.put("select", (e, value, arguments) -> choose(e, value, arguments, false, true));
    FILTERS.put("reject", (e, value, arguments) -> choose(e, value, arguments, false, false));
    FILTERS.put("selectattr", (e, value, arguments) -> choose(e, value, arguments, true, true));
    FILTERS.put("rejectattr", (e, value, arguments) -> choose(e, value, arguments, true, false));
    FILTERS.put("unique", ChoosingFilters::unique);
  }

  private ChoosingFilters() {}

  private static Object map(Evaluator evaluator, Object value, Arguments arguments) {
    if (!Types.truth(value)) {
      return Generator.of(value, java.util.Collections.emptyIterator());
    }
    UnaryOperator<Object> function = function(evaluator, arguments);
    return Generator.of(
        value,
        Lazily.map(
            Types.iterator(value),
            item -> {
              evaluator.budget().step();
              return function.apply(item);
            }));
  }

  private static UnaryOperator<Object> function(Evaluator evaluator, Arguments arguments) {
    if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
      Parameters given = arguments.as("map", "attribute", "default");
      Object usual = given.get("default", None.NONE);
      return new Keys(evaluator)
          .attribute(
              given.get("attribute"), usual == None.NONE ? Optional.empty() : Optional.of(usual));
    }
    if (arguments.positional().isEmpty()) {
      throw new JinjaException("FilterArgumentError", "map requires a filter argument");
    }
    String name = Types.requireText(arguments.positional().get(0), "map");
    Arguments rest = arguments.after(1);
    return item -> Filters.apply(name, evaluator, item, rest);
  }

  private static Object choose(
      Evaluator evaluator, Object value, Arguments arguments, boolean byAttribute, boolean wanted) {
    if (!Types.truth(value)) {
      return Generator.of(value, java.util.Collections.emptyIterator());
    }
    Predicate<Object> condition = condition(evaluator, arguments, byAttribute);
    return Generator.of(
        value,
        Lazily.select(
            Types.iterator(value), item -> condition.test(item) == wanted, evaluator.budget()));
  }

  private static Predicate<Object> condition(
      Evaluator evaluator, Arguments arguments, boolean byAttribute) {
    int offset = byAttribute ? 1 : 0;
    if (arguments.positional().size() < offset) {
      throw new JinjaException("FilterArgumentError", "Missing parameter for attribute name");
    }
    UnaryOperator<Object> part =
        new Keys(evaluator).attribute(byAttribute ? arguments.positional().get(0) : None.NONE);
    if (arguments.positional().size() == offset) {
      return item -> Types.truth(part.apply(item));
    }
    String name = Types.requireText(arguments.positional().get(offset), "select");
    Arguments rest = arguments.after(offset + 1);
    return item -> Tests.holds(name, evaluator, part.apply(item), rest);
  }

  private static Object unique(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("unique", "case_sensitive", "attribute");
    boolean sensitive = given.truth("case_sensitive", false);
    UnaryOperator<Object> part = new Keys(evaluator).attribute(given.get("attribute", None.NONE));
    Set<Object> seen = new HashSet<>();
    return Generator.of(
        value,
        Lazily.select(
            Types.iterator(value),
            item -> {
              Object key = part.apply(item);
              return seen.add(
                  PyDict.hashed(sensitive ? key : new Keys(evaluator).withoutCase(key)));
            },
            evaluator.budget()));
  }
}
