package org.peft4j.transformers.jinja;

/** A text that {@code safe} or {@code escape} made: other texts are escaped when they join it. */
record Markup(String text) {

  static Markup escape(Object value) {
    return value instanceof Markup markup ? markup : new Markup(escaped(Printing.text(value)));
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }
}
