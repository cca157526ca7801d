package org.peft4j.transformers.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a template's values of Java's, and counts how much text they hold. */
final class JavaValues {

  private static final int DEEPEST = 210;

  private long letters;

  long letters() {
    return letters;
  }

  Object of(@Nullable Object value) {
    return of(value, 0);
  }

  private Object of(@Nullable Object value, int depth) {
    letters++;
    if (depth > DEEPEST) {
      throw new JinjaException(
          JinjaException.LIMIT, "values are nested deeper than " + DEEPEST + " levels");
    }
    if (value instanceof Map<?, ?> map) {
      PyDict.Builder dict = new PyDict.Builder();
      map.forEach((key, item) -> dict.put(of(key, depth + 1), of(item, depth + 1)));
      return dict.build();
    }
    if (value instanceof Iterable<?> items) {
      List<Object> list = new ArrayList<>();
      items.forEach(item -> list.add(of(item, depth + 1)));
      return PyList.of(list);
    }
    return plain(value);
  }

  private Object plain(@Nullable Object value) {
    if (value == null) {
      return None.NONE;
    }
    if (value instanceof String text) {
      letters += text.length();
      return text;
    }
    if (value instanceof Boolean || value instanceof BigInteger || value instanceof Double) {
      return value;
    }
    if (value instanceof Float || value instanceof BigDecimal) {
      return ((Number) value).doubleValue();
    }
    if (value instanceof Number number) {
      return BigInteger.valueOf(number.longValue());
    }
    throw new IllegalArgumentException(
        "a template cannot be given a value of " + value.getClass().getName());
  }
}
