package org.peft4j.kernel;

import java.util.Set;

/**
 * An engine: kernels for some element types. Found on the class path through {@code
 * META-INF/services/org.peft4j.kernel.KernelSet}; {@link KernelSets} chooses among those there are.
 * Nothing native is loaded before {@link #kernels} is called.
 */
public interface KernelSet {

  /** The name that {@code -Dpeft4j.kernels} selects it by. */
  String name();

  /** The element types that it computes in, whether or not it can run here. */
  Set<DataType> types();

  /**
   * Those of {@link #types} that it may be chosen for although nobody named it. The rest is for
   * sets that are so slow that a user had better be told what is missing.
   */
  default Set<DataType> chosenFor() {
    return types();
  }

  /** Of the sets that may be chosen for a type and can run here, the one with the highest is. */
  int preference();

  /**
   * Loads the kernels for {@code type}, one of {@link #types}. Called once for each of them.
   *
   * @throws IllegalStateException if they cannot run here, saying why and what helps
   */
  Kernels kernels(DataType type);
}
