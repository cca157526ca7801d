package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.List;

/** Text as it is rendered, with the spans that {@code {% generation %}} is around. */
final class Sink {

  private final Budget budget;
  private final StringBuilder text = new StringBuilder();
  private final List<JinjaText.Span> spans = new ArrayList<>();
  private boolean losesSpans;

  Sink(Budget budget) {
    this.budget = budget;
  }

  void add(String more) {
    budget.room(more.length());
    budget.requireShort((long) text.length() + more.length());
    text.append(more);
  }

  int length() {
    return text.length();
  }

  void span(int start) {
    spans.add(new JinjaText.Span(start, text.length()));
  }

  /** Another text, made apart, became part of a value: where its spans go is not known. */
  void loses(Sink other) {
    losesSpans |= other.losesSpans || !other.spans.isEmpty();
  }

  String text() {
    return text.toString();
  }

  JinjaText result() {
    return new JinjaText(text.toString(), List.copyOf(spans), losesSpans);
  }
}
