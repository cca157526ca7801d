package org.peft4j.init.linalg;

/**
 * What LAPACK's info code says: below 0 an argument or memory was wrong, above 0 the numbers were.
 */
final class Info {

  private static final int NO_WORKSPACE = -1010;

  private Info() {}

  /** Passes on codes from 0 upwards, whose meaning depends on the routine. */
  static int requireArguments(String routine, int info) {
    if (info == NO_WORKSPACE) {
      throw new OutOfMemoryError("LAPACK " + routine + " found no native memory to work in");
    }
    if (info < 0) {
      throw new IllegalStateException(
          "this is our bug: LAPACK " + routine + " refused its argument " + -info);
    }
    return info;
  }

  /** For routines that succeed with any numbers. */
  static void requireNone(String routine, int info) {
    if (requireArguments(routine, info) > 0) {
      throw new IllegalStateException("this is our bug: LAPACK " + routine + " says " + info);
    }
  }
}
