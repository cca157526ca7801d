package org.peft4j;

import java.util.Map;
import java.util.Optional;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.LowRank;
import org.peft4j.initializer.FromData;
import org.peft4j.initializer.FromShape;
import org.peft4j.initializer.FromWeight;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Start;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;

/**
 * What decides where the low-rank factors of one layer start.
 *
 * @param initializer the method's own start if empty
 * @param seen what statistics found out about the layer, by the statistic's name
 */
record SiteStart(
    Optional<? extends Initializer> initializer, Map<String, Map<String, Buffer>> seen) {

  /** Whether {@code B·A = 0} at first. */
  boolean isAtZero() {
    return initializer.map(Initializer::startsAtZero).orElse(true);
  }

  /**
   * @throws IllegalArgumentException if the initializer starts elsewhere
   */
  void requireAtZero(String path) {
    if (!isAtZero()) {
      throw new IllegalArgumentException(
          initializer.orElseThrow().name()
              + " starts where B·A is not zero, which the method at "
              + path
              + " cannot; adapt with lora, or start otherwise");
    }
  }

  /**
   * The factors of a layer.
   *
   * @throws IllegalArgumentException if the initializer cannot start this rank on this weight, or
   *     has not seen what it needs
   */
  Start at(AdapterSite site, int rank, double scaling) {
    if (initializer.isEmpty()) {
      return Start.at(
          site.kaimingUniform("lora_A", rank, site.in()), site.full(0, site.out(), rank));
    }
    Initializer by = initializer.get();
    if (by instanceof FromData fromData) {
      return fromData.start(site, rank, scaling, seenBy(fromData));
    }
    if (by instanceof FromWeight fromWeight) {
      requireRankBelowSides(fromWeight, site, rank);
      return fromWeight.start(site, rank, scaling);
    }
    LowRank factors = ((FromShape) by).start(site, rank);
    return Start.at(factors.a(), factors.b());
  }

  private static void requireRankBelowSides(Initializer by, AdapterSite site, int rank) {
    int limit = Math.min(site.in(), site.out());
    if (rank > limit) {
      throw new IllegalArgumentException(
          site.path()
              + " is "
              + Shape.of(site.out(), site.in())
              + ", so "
              + by.name()
              + " can start a rank of at most "
              + limit
              + " there but it was "
              + rank);
    }
  }

  /**
   * What {@code initializer} wanted to know.
   *
   * @throws IllegalArgumentException if nobody found out; the message says how to
   */
  Map<String, Buffer> seenBy(FromData initializer) {
    Map<String, Buffer> found = seen.get(initializer.statistic().name());
    if (found == null) {
      throw new IllegalArgumentException(
          initializer.name()
              + " needs to see data before it can start: adapt with a Preparation that holds a"
              + " calibration, or statistics gathered before");
    }
    return found;
  }
}
