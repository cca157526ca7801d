package org.peft4j.transformers.generate;

import java.util.List;

/**
 * What follows a prompt.
 *
 * @param text what the listener was given: up to a stop word, where one came up
 * @param tokens all that were chosen, also those of a stop word, but not the one that ends a text
 * @param ending why there are no more
 */
public record Generated(String text, List<Integer> tokens, Ending ending) {

  public Generated {
    tokens = List.copyOf(tokens);
  }
}
