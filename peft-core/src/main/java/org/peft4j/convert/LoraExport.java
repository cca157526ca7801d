package org.peft4j.convert;

import java.util.Optional;
import org.peft4j.settings.Require;

/**
 * How an adapter is written as plain LoRA of as small a rank as it needs: the update of every layer
 * is decomposed, {@code s·B·A = U·diag(S)·Vᵀ}, and written as {@code B = U·√(S/s)} and {@code A =
 * √(S/s)·Vᵀ}.
 *
 * @param rank the largest rank to write; where the adapter has more the smallest components are
 *     lost. Empty where it needs no limit
 * @param tolerance components below this share of a layer's largest singular value are left out; at
 *     least 0, below 1. The default is what float32 can tell from nothing
 */
public record LoraExport(Optional<Integer> rank, double tolerance) {

  private static final double FLOAT32 = 1e-6;

  public LoraExport {
    rank.ifPresent(value -> Require.positive("rank", value));
    if (!(tolerance >= 0 && tolerance < 1)) {
      throw new IllegalArgumentException(
          "tolerance must be at least 0 and below 1 but was " + tolerance);
    }
  }

  /** Everything that float32 can tell from nothing. */
  public LoraExport() {
    this(Optional.empty(), FLOAT32);
  }

  /** These settings, at most of {@code rank}. */
  public LoraExport atMost(int rank) {
    return new LoraExport(Optional.of(rank), tolerance);
  }

  /** These settings with another tolerance. */
  public LoraExport within(double tolerance) {
    return new LoraExport(rank, tolerance);
  }
}
