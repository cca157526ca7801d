package org.peft4j.transformers.data;

import java.io.IOException;
import org.peft4j.io.Excerpt;

/** A file of examples has lines that cannot be used; the message lists the first few of them. */
public final class ExampleFormatException extends IOException {

  private static final long serialVersionUID = 1;

  /** Rows may hold megabytes where a name belongs. */
  private static final int LONGEST = 1990;

  ExampleFormatException(String message) {
    super(Excerpt.of(message, LONGEST));
  }
}
