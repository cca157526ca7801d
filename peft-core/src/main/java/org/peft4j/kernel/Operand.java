package org.peft4j.kernel;

/**
 * Where the data of one argument of a primitive starts. Holds on to the memory: while native code
 * runs, nothing else may.
 */
record Operand(Memory memory, long address) {

  /** The operand that starts {@code elements} later. */
  Operand plus(long elements) {
    return new Operand(memory, address + elements * memory.type().bytes());
  }

  /**
   * The start of a buffer that must hold {@code length} elements: native code does not check.
   *
   * @throws IllegalArgumentException if it holds another number, or of a type oneDNN does not
   *     compute with
   */
  static Operand of(Buffer buffer, long length) {
    FloatView.check(buffer, length);
    return new Operand(buffer.memory(), buffer.address());
  }

  /** The start of {@code buffer}. */
  static Operand of(Buffer buffer) {
    return of(buffer, buffer.length());
  }

  /** The start of {@code memory}. */
  static Operand of(Memory memory) {
    return new Operand(memory, memory.address());
  }
}
