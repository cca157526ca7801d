package org.peft4j.transformers.jinja;

import java.util.Collections;
import java.util.List;

/**
 * Python's tuple.
 *
 * @param names what its items are called, if they have names
 */
record PyTuple(List<Object> items, int depth, List<String> names) {

  static PyTuple of(Object... items) {
    return of(List.of(items));
  }

  static PyTuple of(List<?> items) {
    return named(items, List.of());
  }

  static PyTuple named(List<?> items, List<String> names) {
    return new PyTuple(Collections.unmodifiableList(items), Nesting.around(items), names);
  }
}
