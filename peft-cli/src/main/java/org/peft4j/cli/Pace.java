package org.peft4j.cli;

import java.util.Optional;
import org.peft4j.transformers.generate.GenerationListener;

/** How fast tokens come: the first one, before which the prompt is read, and those after it. */
final class Pace implements GenerationListener {

  private final long start = System.nanoTime();
  private long first;
  private long last;
  private int tokens;

  @Override
  public boolean text(String piece) {
    return true;
  }

  @Override
  public void token(int id) {
    last = System.nanoTime();
    if (tokens++ == 0) {
      first = last;
    }
  }

  /** Until now. */
  double seconds() {
    return (System.nanoTime() - start) / 1e9;
  }

  /** Includes reading the prompt; unknown before there is a token. */
  Optional<Double> secondsToFirst() {
    return tokens == 0 ? Optional.empty() : Optional.of((first - start) / 1e9);
  }

  /** Without the first token; unknown where no other came. */
  Optional<Double> tokensPerSecond() {
    return tokens < 2 ? Optional.empty() : Optional.of((tokens - 1) * 1e9 / (last - first));
  }
}
