package org.peft4j;

import java.util.Locale;
import org.peft4j.adapter.StartFacts;

/**
 * How one layer of an adapter started.
 *
 * @param layer its path
 * @param facts rank, energy and condition number
 * @param seconds that finding the start took, without the calibration
 */
public record StartReport(String layer, StartFacts facts, double seconds) {

  /** Reads {@code lin0: rank 4, energy 61.3 %, condition 3.1e+02, 0.02 s}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(layer + ": rank " + facts.rank());
    facts
        .energy()
        .ifPresent(e -> text.append(String.format(Locale.ROOT, ", energy %.1f %%", 100 * e)));
    facts
        .condition()
        .ifPresent(c -> text.append(String.format(Locale.ROOT, ", condition %.2g", c)));
    return text.append(String.format(Locale.ROOT, ", %.2f s", seconds)).toString();
  }
}
