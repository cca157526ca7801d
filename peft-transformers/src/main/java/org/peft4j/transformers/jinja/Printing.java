package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Values as Python's {@code str} and {@code repr} write them. */
final class Printing {

  private Printing() {}

  static String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    if (value instanceof Markup markup) {
      return markup.text();
    }
    return value instanceof Undefined ? "" : repr(value);
  }

  static String repr(Object value) {
    StringBuilder out = new StringBuilder();
    repr(value, out);
    return out.toString();
  }

  private static void repr(Object value, StringBuilder out) {
    if (Types.isText(value)) {
      String repr = PythonText.repr(Types.letters(value));
      out.append(value instanceof Markup ? "Markup(" + repr + ")" : repr);
    } else if (value instanceof Boolean truth) {
      out.append(truth ? "True" : "False");
    } else if (value instanceof BigInteger) {
      out.append(value);
    } else if (value instanceof Double number) {
      out.append(Reals.repr(number));
    } else if (value == None.NONE) {
      out.append("None");
    } else if (value instanceof Undefined) {
      out.append("Undefined");
    } else {
      container(value, out);
    }
  }

  private static void container(Object value, StringBuilder out) {
    if (value instanceof PyList list) {
      all(list.items(), "[", "]", out);
    } else if (value instanceof PyTuple tuple) {
      all(tuple.items(), "(", tuple.items().size() == 1 ? ",)" : ")", out);
    } else if (value instanceof PyDict dict) {
      String before = "{";
      for (PyDict.Entry entry : dict.entries()) {
        repr(entry.key(), out.append(before));
        repr(entry.value(), out.append(": "));
        before = ", ";
      }
      out.append(dict.size() == 0 ? "{}" : "}");
    } else if (value instanceof DictView view) {
      List<Object> items = new ArrayList<>();
      view.iterator().forEachRemaining(items::add);
      all(items, Types.name(view) + "([", "])", out);
    } else {
      out.append(rare(value));
    }
  }

  private static void all(List<Object> items, String begin, String end, StringBuilder out) {
    out.append(begin);
    for (int i = 0; i < items.size(); i++) {
      repr(items.get(i), i == 0 ? out : out.append(", "));
    }
    out.append(end);
  }

  private static String rare(Object value) {
    if (value instanceof PyRange range) {
      String ends = "range(" + range.start() + ", " + range.stop();
      return ends + (range.step().equals(BigInteger.ONE) ? ")" : ", " + range.step() + ")");
    }
    if (value instanceof Macro macro) {
      return "<Macro " + (macro.name().isEmpty() ? "None" : PythonText.repr(macro.name())) + ">";
    }
    if (value instanceof LoopContext loop) {
      return "<LoopContext " + (loop.index0() + 1) + "/" + loop.length() + ">";
    }
    throw JinjaException.unsupported("printing a value of type " + Types.name(value));
  }

  /**
   * An upper bound of how long the text of a value is, so that it is not made if too long. Values
   * that hold one another twice, and again, have more in them than memory: each counts as a step.
   */
  static long size(Object value, Budget budget) {
    budget.step();
    if (Types.isText(value)) {
      return 10L * Types.letters(value).length() + 10;
    }
    if (value instanceof PyList || value instanceof PyTuple) {
      return sizes(Types.items(value), budget);
    }
    if (value instanceof PyDict dict) {
      return sizes(dict.entries().stream().map(PyDict.Entry::key).toList(), budget)
          + sizes(dict.entries().stream().map(PyDict.Entry::value).toList(), budget);
    }
    if (value instanceof DictView view) {
      return size(view.dict(), budget) + 20;
    }
    return value instanceof BigInteger integer ? integer.bitLength() / 3 + 2 : 40;
  }

  private static long sizes(List<Object> items, Budget budget) {
    long size = 2;
    for (Object item : items) {
      size += size(item, budget) + 2;
    }
    return size;
  }
}
