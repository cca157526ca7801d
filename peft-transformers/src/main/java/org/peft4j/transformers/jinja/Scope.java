package org.peft4j.transformers.jinja;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The names that a part of a template sets, within the scope around it. */
final class Scope {

  private static final Object MISSING = new Object();

  private final Optional<Scope> around;
  private final Map<String, Object> values = new HashMap<>();

  private Scope(Optional<Scope> around) {
    this.around = around;
  }

  static Scope of(Map<String, Object> variables) {
    Scope scope = new Scope(Optional.empty());
    scope.values.putAll(variables);
    return scope;
  }

  /**
   * @param hidden names that are set in it later, so that what they stand for outside is not seen
   */
  Scope within(Set<String> hidden) {
    Scope scope = new Scope(Optional.of(this));
    hidden.forEach(name -> scope.values.put(name, MISSING));
    return scope;
  }

  void set(String name, Object value) {
    values.put(name, value);
  }

  Object get(String name) {
    Scope scope = this;
    while (true) {
      Object value = scope.values.get(name);
      if (value != null) {
        return value == MISSING ? Undefined.name(name) : value;
      }
      if (scope.around.isEmpty()) {
        return Undefined.name(name);
      }
      scope = scope.around.get();
    }
  }
}
