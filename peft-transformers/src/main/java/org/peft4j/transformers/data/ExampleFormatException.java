package org.peft4j.transformers.data;

import java.io.IOException;

/** A file of examples has lines that cannot be used; the message lists the first few of them. */
public final class ExampleFormatException extends IOException {

  private static final long serialVersionUID = 1;

  ExampleFormatException(String message) {
    super(message);
  }
}
