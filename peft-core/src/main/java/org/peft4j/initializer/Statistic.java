package org.peft4j.initializer;

/**
 * What can be found out about a layer by letting data pass through the model. Implementations are
 * records: of those that are equal, one is gathered and all who asked share it.
 */
public sealed interface Statistic permits InputStatistic, GradientStatistic {

  /** Names it in files, together with the settings that tell it from others of its kind. */
  String name();

  /** About how much memory gathering it takes for one layer, in bytes. */
  long bytes(int in, int out, int rank);
}
