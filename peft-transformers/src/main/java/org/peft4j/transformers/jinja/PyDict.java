package org.peft4j.transformers.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Python's dict: keys of any hashable kind, in the order they came. */
final class PyDict {

  record Entry(Object key, Object value) {}

  private record TupleKey(List<Object> keys) {}

  private final Map<Object, Entry> entries;
  private final int depth;

  private PyDict(Map<Object, Entry> entries) {
    this.entries = entries;
    this.depth = Nesting.around(entries.values().stream().map(Entry::value).toList());
  }

  static final class Builder {

    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    /** A key that is there already keeps its place and its writing. */
    Builder put(Object key, Object value) {
      entries.merge(hashed(key), new Entry(key, value), (old, now) -> new Entry(old.key(), value));
      return this;
    }

    Builder putAll(PyDict dict) {
      dict.entries().forEach(entry -> put(entry.key(), entry.value()));
      return this;
    }

    PyDict build() {
      return new PyDict(entries);
    }
  }

  int depth() {
    return depth;
  }

  int size() {
    return entries.size();
  }

  Collection<Entry> entries() {
    return entries.values();
  }

  Optional<Object> get(Object key) {
    return Optional.ofNullable(entries.get(hashed(key))).map(Entry::value);
  }

  boolean has(Object key) {
    return entries.containsKey(hashed(key));
  }

  /** Tuples within tuples twice over would take more time than counting steps can bound. */
  private static void requireSmall(PyTuple key) {
    if (key.items().size() > 16 || key.depth() > 3) {
      throw JinjaException.unsupported("a key made of so many values");
    }
  }

  /** What stands for a value among keys: equal for values that Python finds equal. */
  static Object hashed(Object key) {
    if (key instanceof String) {
      return key;
    }
    if (key instanceof Boolean truth) {
      return truth ? BigInteger.ONE : BigInteger.ZERO;
    }
    if (key instanceof Double number && number % 1 == 0) {
      return new BigDecimal(number).toBigIntegerExact();
    }
    if (key instanceof Markup markup) {
      return markup.text();
    }
    if (key instanceof PyTuple tuple) {
      requireSmall(tuple);
      return new TupleKey(tuple.items().stream().map(PyDict::hashed).toList());
    }
    if (key instanceof PyList || key instanceof PyDict) {
      throw JinjaException.type("unhashable type: '" + Types.name(key) + "'");
    }
    return key instanceof Undefined ? Undefined.class : key;
  }
}
