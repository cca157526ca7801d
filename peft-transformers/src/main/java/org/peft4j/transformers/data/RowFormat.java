package org.peft4j.transformers.data;

/** What rows may be; see {@link ExampleReader}. */
public enum RowFormat {
  /** {@code {"text"}}. */
  TEXT,
  /** {@code {"prompt", "completion"}}. */
  COMPLETION,
  /** {@code {"messages"}}. */
  MESSAGES,
  /** {@code {"conversations"}}. */
  CONVERSATIONS,
  /** {@code {"instruction", "output"}}. */
  INSTRUCTION,
  /** {@code {"input_ids"}}, perhaps with {@code "labels"}. */
  TOKENS,
  /** No rows: a file is one long text, whatever it looks like. */
  PLAIN;

  /** As options and messages have it. */
  @Override
  public String toString() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
