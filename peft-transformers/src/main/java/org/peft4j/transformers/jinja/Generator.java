package org.peft4j.transformers.jinja;

import java.util.Iterator;
import java.util.List;

/**
 * Python's generator, which filters such as {@code map} and {@code select} give: values that are
 * made when they are asked for, once.
 */
record Generator(Iterator<Object> values, int depth) {

  /**
   * @param source what its values are made of
   */
  static Generator of(Object source, Iterator<Object> values) {
    return new Generator(values, Nesting.around(List.of(source)));
  }
}
