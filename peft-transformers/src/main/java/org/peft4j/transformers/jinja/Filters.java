package org.peft4j.transformers.jinja;

import java.util.HashMap;
import java.util.Map;

/** The filters by their names. */
final class Filters {

  /** What is done to a value. */
  interface Filter {
    Object apply(Evaluator evaluator, Object value, Arguments arguments);
  }

  private static final Map<String, Filter> FILTERS = new HashMap<>();

  static {
    FILTERS.putAll(TextFilters.FILTERS);
    FILTERS.putAll(LayoutFilters.FILTERS);
    FILTERS.putAll(ListFilters.FILTERS);
    FILTERS.putAll(ChoosingFilters.FILTERS);
    FILTERS.putAll(OrderFilters.FILTERS);
    FILTERS.putAll(NumberFilters.FILTERS);
  }

  private Filters() {}

  static boolean has(String name) {
    return FILTERS.containsKey(name);
  }

  static Object apply(String name, Evaluator evaluator, Object value, Arguments arguments) {
    Filter filter = FILTERS.get(name);
    if (filter == null) {
      throw new JinjaException("TemplateRuntimeError", "No filter named '" + name + "'.");
    }
    evaluator.budget().step();
    return filter.apply(evaluator, value, arguments);
  }
}
