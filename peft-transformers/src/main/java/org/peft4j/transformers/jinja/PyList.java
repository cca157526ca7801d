package org.peft4j.transformers.jinja;

import java.util.Collections;
import java.util.List;

/** Python's list, which a template cannot change. */
record PyList(List<Object> items, int depth) {

  static final PyList EMPTY = PyList.of(List.of());

  static PyList of(List<?> items) {
    return new PyList(Collections.unmodifiableList(items), Nesting.around(items));
  }
}
