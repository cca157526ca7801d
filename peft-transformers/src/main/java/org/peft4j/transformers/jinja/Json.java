package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Values as Python's {@code json.dumps} writes them.
 *
 * @param indent what a level is indented by; none for a single line
 */
record Json(
    Budget budget,
    boolean ascii,
    String indent,
    boolean lines,
    String comma,
    String colon,
    boolean sorts) {

  String write(Object value) {
    StringBuilder out = new StringBuilder();
    write(value, 0, out);
    return out.toString();
  }

  private void write(Object value, int depth, StringBuilder out) {
    budget.step();
    int before = out.length();
    if (value instanceof PyDict dict) {
      dict(dict, depth, out);
    } else if (value instanceof PyList || value instanceof PyTuple) {
      list(Types.items(value), depth, out);
    } else {
      plain(value, out);
      budget.room(out.length() - before);
    }
  }

  private void plain(Object value, StringBuilder out) {
    if (Types.isText(value)) {
      text(Types.letters(value), out);
    } else if (value == None.NONE) {
      out.append("null");
    } else if (value instanceof Boolean truth) {
      out.append(truth);
    } else if (value instanceof BigInteger integer) {
      out.append(integer);
    } else if (value instanceof Double number) {
      out.append(real(number));
    } else {
      throw JinjaException.type(
          "Object of type " + Types.name(value) + " is not JSON serializable");
    }
  }

  private static String real(double number) {
    if (Double.isNaN(number)) {
      return "NaN";
    }
    return Double.isInfinite(number) ? number > 0 ? "Infinity" : "-Infinity" : Reals.repr(number);
  }

  private void list(List<Object> items, int depth, StringBuilder out) {
    out.append('[');
    for (int i = 0; i < items.size(); i++) {
      next(i, depth + 1, out);
      write(items.get(i), depth + 1, out);
    }
    end(items.isEmpty(), depth, out).append(']');
  }

  private void dict(PyDict dict, int depth, StringBuilder out) {
    List<PyDict.Entry> entries = new ArrayList<>(dict.entries());
    if (sorts) {
      Comparison order = new Comparison(budget);
      Sorting.sort(entries, (a, b) -> order.compare(a.key(), b.key(), "<"));
    }
    out.append('{');
    Iterator<PyDict.Entry> left = entries.iterator();
    for (int i = 0; left.hasNext(); i++) {
      PyDict.Entry entry = left.next();
      next(i, depth + 1, out);
      text(key(entry.key()), out);
      out.append(colon);
      write(entry.value(), depth + 1, out);
    }
    end(entries.isEmpty(), depth, out).append('}');
  }

  private static String key(Object key) {
    if (Types.isText(key)) {
      return Types.letters(key);
    }
    if (key == None.NONE) {
      return "null";
    }
    if (key instanceof Boolean truth) {
      return truth.toString();
    }
    if (key instanceof Double number) {
      return real(number);
    }
    if (key instanceof BigInteger) {
      return key.toString();
    }
    throw JinjaException.type("keys must be str, int, float, bool or None, not " + Types.name(key));
  }

  private void next(int index, int depth, StringBuilder out) {
    if (index > 0) {
      out.append(comma);
    }
    newLine(depth, out);
  }

  private StringBuilder end(boolean empty, int depth, StringBuilder out) {
    if (!empty) {
      newLine(depth, out);
    }
    return out;
  }

  private void newLine(int depth, StringBuilder out) {
    if (lines) {
      budget.room(1 + (long) indent.length() * depth);
      out.append('\n').append(indent.repeat(depth));
    }
  }

  private void text(String text, StringBuilder out) {
    budget.room(text.length());
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      letter(text.charAt(i), out);
    }
    out.append('"');
  }

  private void letter(char letter, StringBuilder out) {
    int known = "\"\\\n\r\t\f\b".indexOf(letter);
    if (known >= 0) {
      out.append('\\').append("\"\\nrtfb".charAt(known));
    } else if (letter < ' ' || ascii && letter > '~') {
      out.append("\\u%04x".formatted((int) letter));
    } else {
      out.append(letter);
    }
  }
}
