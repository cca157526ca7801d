package org.peft4j.transformers.text;

/** The half of a tokenizer that reading needs. */
@FunctionalInterface
public interface TextEncoder {

  /** The tokens of {@code text}, without any that mark a beginning or an end. */
  int[] encode(String text);
}
