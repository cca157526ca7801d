package org.peft4j.spec;

import java.util.List;
import java.util.Optional;

/**
 * Where an adapter goes.
 *
 * @param targets the layers it goes to
 * @param exclude layers it does not go to after all
 * @param modulesToSave names of modules that are trained whole, beside the adapter, and saved with
 *     it
 */
public record Placement(
    TargetModules targets, Optional<TargetModules> exclude, List<String> modulesToSave) {

  public Placement {
    modulesToSave = List.copyOf(modulesToSave);
  }

  /** Nothing excluded, no module trained whole. */
  public Placement(TargetModules targets) {
    this(targets, Optional.empty(), List.of());
  }
}
