package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalInt;

/** What kind a value is, and what Python lets one do with all kinds. */
final class Types {

  private Types() {}

  /** Python's name of the type. */
  static String name(Object value) {
    if (value instanceof String) {
      return "str";
    }
    if (value instanceof BigInteger) {
      return "int";
    }
    if (value instanceof Double) {
      return "float";
    }
    if (value instanceof Boolean) {
      return "bool";
    }
    if (value instanceof PyList) {
      return "list";
    }
    if (value instanceof PyDict) {
      return "dict";
    }
    return value == None.NONE ? "NoneType" : rareName(value);
  }

  private static String rareName(Object value) {
    if (value instanceof PyTuple) {
      return "tuple";
    }
    if (value instanceof PyRange) {
      return "range";
    }
    if (value instanceof Generator) {
      return "generator";
    }
    if (value instanceof Function) {
      return "function";
    }
    return value instanceof DictView view
        ? "dict_" + view.kind().name().toLowerCase(java.util.Locale.ROOT)
        : value.getClass().getSimpleName();
  }

  static boolean isText(Object value) {
    return value instanceof String || value instanceof Markup;
  }

  /** The letters of a text, safe or not. */
  static String letters(Object text) {
    return text instanceof Markup markup ? markup.text() : (String) text;
  }

  static String requireText(Object value, String place) {
    if (value instanceof Undefined undefined && !undefined.error().equals("UndefinedError")) {
      throw undefined.failure();
    }
    if (!isText(value)) {
      throw JinjaException.type("%s needs a string but was given %s".formatted(place, name(value)));
    }
    return letters(value);
  }

  /** A text of the same kind as {@code like}. */
  static Object alike(Object like, String text) {
    return like instanceof Markup ? new Markup(text) : text;
  }

  static boolean truth(Object value) {
    if (value instanceof Boolean truth) {
      return truth;
    }
    if (value instanceof BigInteger integer) {
      return integer.signum() != 0;
    }
    if (value instanceof Double number) {
      return number != 0;
    }
    if (value == None.NONE || value instanceof Undefined) {
      return false;
    }
    if (isText(value)) {
      return !letters(value).isEmpty();
    }
    OptionalInt size = size(value);
    return size.isEmpty() || size.getAsInt() != 0;
  }

  /** How many values are in a value, if that can be asked. */
  static OptionalInt size(Object value) {
    if (isText(value)) {
      return OptionalInt.of(PythonText.length(letters(value)));
    }
    if (value instanceof PyList || value instanceof PyTuple) {
      return OptionalInt.of(items(value).size());
    }
    if (value instanceof PyDict dict) {
      return OptionalInt.of(dict.size());
    }
    if (value instanceof DictView view) {
      return OptionalInt.of(view.dict().size());
    }
    if (value instanceof PyRange range) {
      return OptionalInt.of(range.size());
    }
    if (value instanceof LoopContext loop) {
      return OptionalInt.of(loop.length());
    }
    return value instanceof Undefined ? OptionalInt.of(0) : OptionalInt.empty();
  }

  /** The items of a list or tuple. */
  static List<Object> items(Object value) {
    return value instanceof PyList list ? list.items() : ((PyTuple) value).items();
  }

  static boolean isIterable(Object value) {
    return isText(value) || value instanceof Generator || size(value).isPresent();
  }

  static Iterator<Object> iterator(Object value) {
    if (isText(value)) {
      return letters(value)
          .codePoints()
          .mapToObj(letter -> alike(value, Character.toString(letter)))
          .iterator();
    }
    if (value instanceof PyList || value instanceof PyTuple) {
      return items(value).iterator();
    }
    if (value instanceof PyDict dict) {
      return new DictView(dict, DictView.Kind.KEYS).iterator();
    }
    if (value instanceof DictView view) {
      return view.iterator();
    }
    if (value instanceof PyRange range) {
      return range.iterator();
    }
    return rareIterator(value);
  }

  private static Iterator<Object> rareIterator(Object value) {
    if (value instanceof Generator generator) {
      return generator.values();
    }
    if (value instanceof Undefined) {
      return List.of().iterator();
    }
    if (value instanceof LoopContext) {
      throw JinjaException.unsupported("going through 'loop' itself");
    }
    throw JinjaException.type("'" + name(value) + "' object is not iterable");
  }
}
