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

  /** Of the sets that compute in a type and can run here, the one with the highest is chosen. */
  int preference();

  /**
   * Loads the kernels for {@code type}, one of {@link #types}. Called once for each of them.
   *
   * @throws IllegalStateException if they cannot run here, saying why and what helps
   */
  Kernels kernels(DataType type);
}
