package org.peft4j.transformers.jinja;

/** Python's {@code None}. */
enum None {
  NONE
}
