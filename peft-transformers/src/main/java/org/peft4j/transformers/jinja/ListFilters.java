package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.peft4j.transformers.jinja.Filters.Filter;

/** Filters of several values. */
final class ListFilters {

  static final Map<String, Filter> FILTERS = new HashMap<>();

  static {
    FILTERS.put("length", ListFilters::length);
    FILTERS.put("count", ListFilters::length);
    FILTERS.put("list", (evaluator, value, arguments) -> list(evaluator, value));
    FILTERS.put("items", ListFilters::items);
    FILTERS.put("first", ListFilters::first);
    FILTERS.put("last", ListFilters::last);
    FILTERS.put("reverse", ListFilters::reverse);
    FILTERS.put("batch", ListFilters::batch);
    FILTERS.put("slice", ListFilters::slice);
    FILTERS.put("default", ListFilters::usual);
    FILTERS.put("d", ListFilters::usual);
    FILTERS.put("attr", ListFilters::attribute);
  }

  private ListFilters() {}

  private static Object length(Evaluator evaluator, Object value, Arguments arguments) {
    arguments.as("length");
    if (Types.isText(value)) {
      evaluator.budget().steps(Types.letters(value).length() / 64);
    }
    int size =
        Types.size(value)
            .orElseThrow(
                () ->
                    JinjaException.type("object of type '" + Types.name(value) + "' has no len()"));
    return BigInteger.valueOf(size);
  }

  private static Object list(Evaluator evaluator, Object value) {
    return PyList.of(Conversions.list(value, evaluator.budget()));
  }

  private static Object items(Evaluator evaluator, Object value, Arguments arguments) {
    if (value instanceof Undefined) {
      return Generator.of(value, Collections.emptyIterator());
    }
    if (!(value instanceof PyDict dict)) {
      return failing(JinjaException.type("Can only get item pairs from a mapping."));
    }
    return Generator.of(value, new DictView(dict, DictView.Kind.ITEMS).iterator());
  }

  /** What is wrong is found out when the first value is asked for. */
  private static Object failing(JinjaException failure) {
    return Generator.of(
        List.of(),
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            throw failure;
          }

          @Override
          public Object next() {
            throw failure;
          }
        });
  }

  private static Object first(Evaluator evaluator, Object value, Arguments arguments) {
    Iterator<Object> items = Types.iterator(value);
    return items.hasNext() ? items.next() : Undefined.because("No first item, sequence was empty.");
  }

  private static Object last(Evaluator evaluator, Object value, Arguments arguments) {
    requireReversible(value);
    List<Object> items = Conversions.list(value, evaluator.budget());
    return items.isEmpty()
        ? Undefined.because("No last item, sequence was empty.")
        : items.get(items.size() - 1);
  }

  private static void requireReversible(Object value) {
    if (value instanceof Undefined undefined) {
      throw JinjaException.type("'Undefined' object is not reversible: " + undefined.words());
    }
    if (value instanceof Generator || !Types.isIterable(value)) {
      throw JinjaException.type("'" + Types.name(value) + "' object is not reversible");
    }
  }

  private static Object reverse(Evaluator evaluator, Object value, Arguments arguments) {
    if (Types.isText(value)) {
      String letters = Types.letters(value);
      evaluator.budget().room(letters.length());
      return Types.alike(value, new StringBuilder(letters).reverse().toString());
    }
    List<Object> items = Conversions.list(value, evaluator.budget());
    Collections.reverse(items);
    return value instanceof Generator || value instanceof Undefined
        ? PyList.of(items)
        : Generator.of(value, items.iterator());
  }

  private static Object batch(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("batch", "linecount", "fill_with");
    int size = Numbers.clamped(given.requireInteger("linecount"));
    Object fill = given.get("fill_with", None.NONE);
    List<Object> batches = new ArrayList<>();
    List<Object> batch = new ArrayList<>();
    for (Object item : Conversions.list(value, evaluator.budget())) {
      if (batch.size() == size) {
        batches.add(PyList.of(batch));
        batch = new ArrayList<>();
      }
      batch.add(item);
    }
    if (!batch.isEmpty()) {
      long missing = fill == None.NONE ? 0 : Math.max(0, (long) size - batch.size());
      evaluator.budget().list(missing);
      batch.addAll(Collections.nCopies((int) missing, fill));
      batches.add(PyList.of(batch));
    }
    return Generator.of(PyList.of(batches), batches.iterator());
  }

  private static Object slice(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("slice", "slices", "fill_with");
    int count = Numbers.clamped(given.requireInteger("slices"));
    Object fill = given.get("fill_with", None.NONE);
    List<Object> items = Conversions.list(value, evaluator.budget());
    if (count == 0) {
      throw new JinjaException("ZeroDivisionError", "integer division or modulo by zero");
    }
    evaluator.budget().list(Math.max(0L, count) * 4);
    List<Object> slices = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < count; i++) {
      boolean longer = i < items.size() % count;
      int to = from + items.size() / count + (longer ? 1 : 0);
      List<Object> part = new ArrayList<>(items.subList(from, to));
      if (fill != None.NONE && !longer) {
        part.add(fill);
      }
      slices.add(PyList.of(part));
      from = to;
    }
    return Generator.of(PyList.of(slices), slices.iterator());
  }

  private static Object usual(Evaluator evaluator, Object value, Arguments arguments) {
    Parameters given = arguments.as("default", "default_value", "boolean");
    boolean missing =
        value instanceof Undefined || given.truth("boolean", false) && !Types.truth(value);
    return missing ? given.get("default_value", "") : value;
  }

  private static Object attribute(Evaluator evaluator, Object value, Arguments arguments) {
    String name = arguments.as("attr", "name").text("name");
    return value instanceof PyDict dict && DictMethods.find(dict, name).isEmpty()
        ? Undefined.missing(value, name)
        : evaluator.attributes().attribute(value, name);
  }
}
