package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.Map;

/** Arguments by the names that a function has for them. */
record Parameters(String function, Map<String, Object> values) {

  boolean has(String name) {
    return values.containsKey(name);
  }

  Object get(String name, Object usual) {
    return values.getOrDefault(name, usual);
  }

  Object get(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw JinjaException.type("%s needs an argument '%s'".formatted(function, name));
    }
    return value;
  }

  boolean truth(String name, boolean usual) {
    return has(name) ? Types.truth(get(name)) : usual;
  }

  String text(String name, String usual) {
    return has(name) ? text(name) : usual;
  }

  String text(String name) {
    return Types.requireText(get(name), function);
  }

  /** A text, or nothing for none. */
  String textOrNone(String name) {
    Object value = get(name, None.NONE);
    return value == None.NONE ? "" : Types.requireText(value, function);
  }

  int integer(String name, int usual) {
    return has(name) ? Numbers.clamped(requireInteger(name)) : usual;
  }

  BigInteger requireInteger(String name) {
    return Numbers.requireInteger(get(name));
  }
}
