package org.peft4j.transformers.text;

/** The half of a tokenizer that writing needs. */
@FunctionalInterface
public interface TextDecoder {

  /** The text of {@code ids}; special tokens have none. */
  String decode(int... ids);
}
