package org.peft4j.transformers.jinja;

import java.util.Iterator;
import org.peft4j.transformers.jinja.PyDict.Entry;

/** What {@code keys()}, {@code values()} and {@code items()} of a dict give. */
record DictView(PyDict dict, Kind kind) {

  enum Kind {
    KEYS(Entry::key),
    VALUES(Entry::value),
    ITEMS(entry -> PyTuple.of(entry.key(), entry.value()));

    private final java.util.function.Function<Entry, Object> part;

    Kind(java.util.function.Function<Entry, Object> part) {
      this.part = part;
    }
  }

  Iterator<Object> iterator() {
    return dict.entries().stream().map(kind.part).iterator();
  }
}
