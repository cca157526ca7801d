package org.peft4j.transformers.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** From one of a template's values to another. */
final class Conversions {

  private Conversions() {}

  /** Toward zero. */
  static BigInteger truncated(double number) {
    if (Double.isNaN(number)) {
      throw JinjaException.value("cannot convert float NaN to integer");
    }
    if (Double.isInfinite(number)) {
      throw JinjaException.overflow("cannot convert float infinity to integer");
    }
    return new BigDecimal(number).toBigInteger();
  }

  /** All values of something that can be gone through. */
  static List<Object> list(Object value, Budget budget) {
    List<Object> items = new ArrayList<>();
    Iterator<Object> values = Types.iterator(value);
    while (values.hasNext()) {
      budget.list(1);
      budget.step();
      items.add(values.next());
    }
    return items;
  }
}
