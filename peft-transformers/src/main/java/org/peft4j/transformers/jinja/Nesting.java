package org.peft4j.transformers.jinja;

/** How many levels of values are in a value, so that going through them always ends soon. */
final class Nesting {

  private static final int DEEPEST = 220;

  private Nesting() {}

  static int around(Iterable<?> values) {
    int deepest = 0;
    for (Object value : values) {
      deepest = Math.max(deepest, of(value));
    }
    if (deepest >= DEEPEST) {
      throw new JinjaException(
          JinjaException.LIMIT, "values are nested deeper than " + DEEPEST + " levels");
    }
    return deepest + 1;
  }

  private static int of(Object value) {
    if (value instanceof PyList list) {
      return list.depth();
    }
    if (value instanceof PyTuple tuple) {
      return tuple.depth();
    }
    if (value instanceof PyDict dict) {
      return dict.depth();
    }
    if (value instanceof Generator generator) {
      return generator.depth();
    }
    return value instanceof DictView view ? view.dict().depth() + 1 : 0;
  }
}
