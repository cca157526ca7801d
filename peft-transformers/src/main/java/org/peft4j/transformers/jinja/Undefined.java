package org.peft4j.transformers.jinja;

/**
 * What a name or a key stands for that is not there: it can be printed, looped over and asked
 * whether it is true, and everything else fails with this error.
 */
record Undefined(String words, String error) {

  private static final String UNDEFINED = "UndefinedError";

  static Undefined because(String words) {
    return new Undefined(words, UNDEFINED);
  }

  static Undefined name(String name) {
    return because("'" + name + "' is undefined");
  }

  /** What {@code value} does not have. */
  static Undefined missing(Object value, Object name) {
    return because(
        "%s has no %s"
            .formatted(
                value == None.NONE ? "none" : "a value of type " + Types.name(value),
                name instanceof String text ? "attribute '" + text + "'" : "such element"));
  }

  static Undefined unsafe(Object value, String name) {
    return new Undefined(
        "access to attribute '%s' of '%s' object is unsafe.".formatted(name, Types.name(value)),
        "SecurityError");
  }

  JinjaException failure() {
    return new JinjaException(error, words);
  }
}
