package org.peft4j.kernel;

/**
 * Where the data of one argument of a primitive starts. Holds on to the memory: while native code
 * runs, nothing else may.
 */
record Operand(Memory memory, long address) {

  /** The operand that starts {@code elements} later. */
  Operand plus(long elements) {
    return new Operand(memory, address + elements * Float.BYTES);
  }

  /** The start of {@code memory}. */
  static Operand of(Memory memory) {
    return new Operand(memory, memory.address());
  }
}
