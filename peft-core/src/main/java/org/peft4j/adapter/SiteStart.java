package org.peft4j.adapter;

import java.util.Map;
import java.util.Optional;
import org.peft4j.kernel.Buffer;

/**
 * What decides where the tensors of one layer start.
 *
 * @param initializer of low-rank factors; the method's own start if empty
 * @param seen what statistics found out about the layer, by the statistic's name
 */
public record SiteStart(
    Optional<? extends Initializer> initializer, Map<String, Map<String, Buffer>> seen) {

  /** The method's own start. */
  public static final SiteStart OWN = new SiteStart(Optional.empty(), Map.of());

  /** A start that needs to see nothing. */
  public static SiteStart by(Initializer initializer) {
    return new SiteStart(Optional.of(initializer), Map.of());
  }

  /**
   * What {@code initializer} wanted to know.
   *
   * @throws IllegalArgumentException if nobody found out; the message says how to
   */
  public Map<String, Buffer> seenBy(FromData initializer) {
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
