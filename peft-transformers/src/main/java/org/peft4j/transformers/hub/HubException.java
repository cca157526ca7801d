package org.peft4j.transformers.hub;

import java.io.IOException;

/** The Hub has answered, and what was asked for cannot be had; the message says what to do. */
public final class HubException extends IOException {

  private static final long serialVersionUID = 1L;

  HubException(String message) {
    super(message);
  }
}
