package org.peft4j;

import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.StartFacts;
import org.peft4j.adapter.Trainable;
import org.peft4j.initializer.Offset;

/**
 * What an adapter put at one layer.
 *
 * @param adapter as its method made it
 * @param offset where it started; empty where at zero
 * @param facts what is worth telling about the start
 * @param seconds that building it took
 */
record BuiltLayer(
    Trainable adapter, Optional<Offset> offset, Optional<StartFacts> facts, double seconds) {

  static BuiltLayer of(Trainable adapter, DraftSite site, double seconds) {
    return new BuiltLayer(adapter, site.offset(), site.facts().or(adapter::startFacts), seconds);
  }

  /** What goes into the layer: the adapter on a base without its start. */
  Trainable onItsBase() {
    return on(adapter, 1);
  }

  /**
   * This layer with its update counting {@code factor} times; empty where the method has no such
   * factor.
   */
  Optional<Trainable> scaled(double factor) {
    return adapter.scaled(factor).map(scaled -> on(scaled, factor));
  }

  private Trainable on(Trainable site, double factor) {
    return offset
        .<Trainable>map(start -> new OffsetAdapter((Adapter) site, start.scaled(factor)))
        .orElse(site);
  }
}
