package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.peft4j.transformers.jinja.Filters.Filter;

/** Filters that put values in order. */
final class OrderFilters {

  private record Keyed(Object key, Object value) {}

  static final Map<String, Filter> FILTERS = new HashMap<>();

  static {
    FILTERS.put("sort", OrderFilters::sort);
    FILTERS.put("dictsort", OrderFilters::dictSort);
    FILTERS.put("groupby", OrderFilters::groupBy);
    FILTERS.put(
        "min", (evaluator, value, arguments) -> extreme(evaluator, value, arguments, "min"));
    FILTERS.put(
        "max", (evaluator, value, arguments) -> extreme(evaluator, value, arguments, "max"));
  }

  private OrderFilters() {}

  private static List<Keyed> keyed(Evaluator evaluator, Object values, UnaryOperator<Object> key) {
    List<Keyed> keyed = new ArrayList<>();
    for (Object value : Conversions.list(values, evaluator.budget())) {
      keyed.add(new Keyed(key.apply(value), value));
    }
    return keyed;
  }

  /** Equal ones stay as they were, backwards too. */
  private static List<Keyed> sorted(Evaluator evaluator, List<Keyed> values, boolean backwards) {
    Comparator<Keyed> order =
        (one, other) -> evaluator.comparison().compare(one.key(), other.key(), "<");
    Sorting.sort(values, backwards ? order.reversed() : order);
    return values;
  }

  private static PyList values(List<Keyed> keyed) {
    return PyList.of(keyed.stream().map(Keyed::value).toList());
  }

  private static Object sort(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("sort", "reverse", "case_sensitive", "attribute");
    UnaryOperator<Object> key =
        new Keys(evaluator)
            .order(given.get("attribute", None.NONE), given.truth("case_sensitive", false));
    return values(sorted(evaluator, keyed(evaluator, value, key), given.truth("reverse", false)));
  }

  private static Object dictSort(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("dictsort", "case_sensitive", "by", "reverse");
    String by = given.text("by", "key");
    if (!by.equals("key") && !by.equals("value")) {
      throw new JinjaException(
          "FilterArgumentError", "You can only sort by either \"key\" or \"value\"");
    }
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!(value instanceof PyDict dict)) {
      throw new JinjaException(
          "AttributeError", "'" + Types.name(value) + "' object has no attribute 'items'");
    }
    boolean sensitive = given.truth("case_sensitive", false);
    UnaryOperator<Object> key =
        pair -> {
          Object part = ((PyTuple) pair).items().get(by.equals("key") ? 0 : 1);
          return sensitive ? part : new Keys(evaluator).withoutCase(part);
        };
    return values(
        sorted(
            evaluator,
            keyed(evaluator, new DictView(dict, DictView.Kind.ITEMS), key),
            given.truth("reverse", false)));
  }

  private static Object groupBy(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("groupby", "attribute", "default", "case_sensitive");
    boolean sensitive = given.truth("case_sensitive", false);
    Object usual = given.get("default", None.NONE);
    UnaryOperator<Object> part =
        new Keys(evaluator)
            .attribute(
                given.get("attribute"), usual == None.NONE ? Optional.empty() : Optional.of(usual));
    UnaryOperator<Object> key =
        item -> sensitive ? part.apply(item) : new Keys(evaluator).withoutCase(part.apply(item));
    List<Keyed> ordered = sorted(evaluator, keyed(evaluator, value, key), false);
    List<Object> groups = new ArrayList<>();
    for (int from = 0; from < ordered.size(); ) {
      Object first = ordered.get(from).key();
      int to = from;
      while (to < ordered.size() && evaluator.comparison().equal(ordered.get(to).key(), first)) {
        to++;
      }
      Object name = sensitive ? first : part.apply(ordered.get(from).value());
      groups.add(
          PyTuple.named(
              List.of(name, values(ordered.subList(from, Math.max(to, from + 1)))),
              List.of("grouper", "list")));
      from = Math.max(to, from + 1);
    }
    return PyList.of(groups);
  }

  private static Object extreme(
      Evaluator evaluator, Object value, Arguments arguments, String which) {
    Parameters given = arguments.as(which, "case_sensitive", "attribute");
    boolean sensitive = given.truth("case_sensitive", false);
    UnaryOperator<Object> part = new Keys(evaluator).attribute(given.get("attribute", None.NONE));
    UnaryOperator<Object> key =
        item -> sensitive ? part.apply(item) : new Keys(evaluator).withoutCase(part.apply(item));
    Iterator<Object> items = Types.iterator(value);
    if (!items.hasNext()) {
      return Undefined.because("No aggregated item, sequence was empty.");
    }
    Object best = items.next();
    Object bestKey = key.apply(best);
    String operator = which.equals("min") ? "<" : ">";
    while (items.hasNext()) {
      Object item = items.next();
      Object itemKey = key.apply(item);
      if (evaluator.comparison().holds(operator, itemKey, bestKey)) {
        best = item;
        bestKey = itemKey;
      }
    }
    return best;
  }
}
