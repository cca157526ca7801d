package org.peft4j.transformers.jinja;

import java.util.Iterator;
import java.util.List;

/** Whether values are equal, in which order, and in one another, as Python has it. */
record Comparison(Budget budget) {

  boolean equal(Object one, Object other) {
    budget.step();
    if (Types.isText(one) && Types.isText(other)) {
      String letters = Types.letters(one);
      budget.steps(letters.length() / 64);
      return letters.equals(Types.letters(other));
    }
    if (Numbers.isNumber(one) && Numbers.isNumber(other)) {
      return !Numbers.isNan(one) && !Numbers.isNan(other) && Numbers.compare(one, other) == 0;
    }
    if (one instanceof PyList a && other instanceof PyList b) {
      return equalItems(a.items(), b.items());
    }
    if (one instanceof PyTuple a && other instanceof PyTuple b) {
      return equalItems(a.items(), b.items());
    }
    if (one instanceof PyDict a && other instanceof PyDict b) {
      return equalEntries(a, b);
    }
    return equalRare(one, other);
  }

  private boolean equalRare(Object one, Object other) {
    if (one instanceof PyRange a && other instanceof PyRange b) {
      return a.size() == b.size()
          && (a.size() == 0 || a.start().equals(b.start()))
          && (a.size() < 2 || a.step().equals(b.step()));
    }
    if (one instanceof DictView || other instanceof DictView) {
      throw JinjaException.unsupported("comparing views of dicts");
    }
    return one == other || one instanceof Undefined && other instanceof Undefined;
  }

  private boolean equalItems(List<Object> one, List<Object> other) {
    boolean equal = one.size() == other.size();
    for (int i = 0; equal && i < one.size(); i++) {
      equal = same(one.get(i), other.get(i));
    }
    return equal;
  }

  private boolean equalEntries(PyDict one, PyDict other) {
    boolean equal = one.size() == other.size();
    Iterator<PyDict.Entry> entries = one.entries().iterator();
    while (equal && entries.hasNext()) {
      PyDict.Entry entry = entries.next();
      equal = other.get(entry.key()).filter(value -> same(entry.value(), value)).isPresent();
    }
    return equal;
  }

  /** Lists take a value for equal to itself, whatever it says. */
  private boolean same(Object one, Object other) {
    return one == other || equal(one, other);
  }

  /** Less than zero, zero, or more, as the first is before, equal to or after the other. */
  int compare(Object one, Object other, String operator) {
    budget.step();
    if (one instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (other instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (Types.isText(one) && Types.isText(other)) {
      budget.steps(Types.letters(one).length() / 64);
      return PythonText.compare(Types.letters(one), Types.letters(other));
    }
    if (Numbers.isNumber(one) && Numbers.isNumber(other)) {
      return Numbers.compare(one, other);
    }
    if (one instanceof PyList && other instanceof PyList
        || one instanceof PyTuple && other instanceof PyTuple) {
      return compareItems(Types.items(one), Types.items(other), operator);
    }
    if (one instanceof DictView || other instanceof DictView) {
      throw JinjaException.unsupported("comparing views of dicts");
    }
    throw JinjaException.type(
        "'%s' not supported between instances of '%s' and '%s'"
            .formatted(operator, Types.name(one), Types.name(other)));
  }

  private int compareItems(List<Object> one, List<Object> other, String operator) {
    int most = Math.min(one.size(), other.size());
    for (int i = 0; i < most; i++) {
      if (!same(one.get(i), other.get(i))) {
        return compare(one.get(i), other.get(i), operator);
      }
    }
    return Integer.compare(one.size(), other.size());
  }

  boolean holds(String operator, Object one, Object other) {
    return switch (operator) {
      case "==" -> equal(one, other);
      case "!=" -> !equal(one, other);
      case "in" -> contains(other, one);
      case "not in" -> !contains(other, one);
      default -> ordered(operator, one, other);
    };
  }

  private boolean ordered(String operator, Object one, Object other) {
    int order = compare(one, other, operator);
    if (Numbers.isNan(one) || Numbers.isNan(other)) {
      return false;
    }
    return switch (operator) {
      case "<" -> order < 0;
      case "<=" -> order <= 0;
      case ">" -> order > 0;
      default -> order >= 0;
    };
  }

  boolean contains(Object container, Object item) {
    if (Types.isText(container)) {
      return containsText(Types.letters(container), item);
    }
    if (container instanceof PyDict dict) {
      return dict.has(item);
    }
    if (container instanceof DictView view && view.kind() == DictView.Kind.KEYS) {
      return view.dict().has(item);
    }
    if (!Types.isIterable(container)) {
      throw JinjaException.type("argument of type '" + Types.name(container) + "' is not iterable");
    }
    Iterator<Object> values = Types.iterator(container);
    while (values.hasNext()) {
      if (same(values.next(), item)) {
        return true;
      }
    }
    return false;
  }

  private boolean containsText(String container, Object item) {
    if (!Types.isText(item)) {
      throw JinjaException.type(
          "'in <string>' requires string as left operand, not " + Types.name(item));
    }
    budget.steps(container.length() / 16);
    return PythonText.find(container, Types.letters(item), 0) >= 0;
  }
}
