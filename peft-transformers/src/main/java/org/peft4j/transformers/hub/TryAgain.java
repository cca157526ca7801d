package org.peft4j.transformers.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** The same may work after a while. */
final class TryAgain extends IOException {

  private static final long serialVersionUID = 1L;

  /** How long the Hub asks to wait, in milliseconds; negative if it does not say. */
  private final long wait;

  TryAgain(String message, Optional<Duration> wait) {
    super(message);
    this.wait = wait.map(Duration::toMillis).orElse(-1L);
  }

  Optional<Duration> pause() {
    return wait < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(wait));
  }
}
