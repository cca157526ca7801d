package org.peft4j.transformers.jinja;

import java.util.List;

/**
 * What a template was rendered to.
 *
 * @param spans the parts that {@code {% generation %}} is around, in their order
 * @param losesSpans whether a {@code {% generation %}} stood in a macro, or in a block whose text
 *     became a value, so that {@code spans} are not all
 */
public record JinjaText(String text, List<Span> spans, boolean losesSpans) {

  /**
   * A part of the text.
   *
   * @param start the index of its first {@code char}
   * @param end the index after its last
   */
  public record Span(int start, int end) {}
}
