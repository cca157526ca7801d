package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a function, filter or test is called with. */
record Arguments(List<Object> positional, Map<String, Object> named) {

  static final Arguments NONE = new Arguments(List.of(), Map.of());

  static Arguments of(Object... positional) {
    return new Arguments(List.of(positional), Map.of());
  }

  /** All but the first {@code count}. */
  Arguments after(int count) {
    return new Arguments(positional.subList(count, positional.size()), named);
  }

  /** These arguments with another named one. */
  Arguments with(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(named);
    more.put(name, value);
    return new Arguments(positional, more);
  }

  int count() {
    return positional.size() + named.size();
  }

  /** As the function of that name takes them, by place or by name. */
  Parameters as(String function, String... names) {
    if (positional.size() > names.length) {
      throw JinjaException.type(
          "%s takes at most %d arguments but was given %d"
              .formatted(function, names.length, positional.size()));
    }
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < positional.size(); i++) {
      values.put(names[i], positional.get(i));
    }
    named.forEach((name, value) -> putNamed(function, List.of(names), values, name, value));
    return new Parameters(function, values);
  }

  private static void putNamed(
      String function, List<String> names, Map<String, Object> values, String name, Object value) {
    if (!names.contains(name)) {
      throw JinjaException.type("%s knows no argument '%s'".formatted(function, name));
    }
    if (values.put(name, value) != null) {
      throw JinjaException.type("%s got two values for '%s'".formatted(function, name));
    }
  }

  /** The ones by place, for a function that takes none by name. */
  List<Object> only(String function) {
    if (!named.isEmpty()) {
      throw JinjaException.type(function + " takes no arguments by name");
    }
    return new ArrayList<>(positional);
  }
}
