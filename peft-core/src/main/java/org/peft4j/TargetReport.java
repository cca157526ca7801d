package org.peft4j;

import java.util.List;

/**
 * Where an adapter went and what it costs.
 *
 * @param layers paths of the adapted layers
 * @param saved paths of the modules that are trained whole
 * @param trainable numbers that train
 * @param total numbers in the model, those of the adapter included
 */
public record TargetReport(List<String> layers, List<String> saved, long trainable, long total) {

  /** Reads {@code trainable 41,472 of 262,144 (15.8 %)}. */
  @Override
  public String toString() {
    return String.format(
        java.util.Locale.ROOT,
        "trainable %,d of %,d (%.1f %%)",
        trainable,
        total,
        100.0 * trainable / total);
  }
}
