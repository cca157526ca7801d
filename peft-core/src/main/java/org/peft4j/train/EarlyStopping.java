package org.peft4j.train;

import org.peft4j.settings.Require;

/**
 * When to stop because nothing improves any more.
 *
 * @param patience how many evaluations in a row may bring no improvement; at least 1
 * @param minimumChange by how much an evaluation must be better than the best so far to count as an
 *     improvement; at least 0
 */
public record EarlyStopping(int patience, double minimumChange) {

  public EarlyStopping {
    Require.positive("patience", patience);
    Require.notNegative("minimum change", minimumChange);
  }

  /** Any improvement counts. */
  public EarlyStopping(int patience) {
    this(patience, 0);
  }
}
