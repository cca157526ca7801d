package org.peft4j.testkit;

import org.junit.jupiter.api.Assumptions;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;

/** For tests that compute in bfloat16, which not every processor can. */
public final class Bfloat16 {

  private Bfloat16() {}

  /** Skips the test, with the reason, where this processor cannot. */
  public static void assumeComputable() {
    try {
      KernelSets.forType(DataType.BFLOAT16);
    } catch (IllegalStateException e) {
      Assumptions.abort(e.getMessage());
    }
  }

  /** Whether this processor can. */
  public static boolean isComputable() {
    try {
      KernelSets.forType(DataType.BFLOAT16);
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /** Skips the test where {@code type} is bfloat16 and this processor cannot compute in it. */
  public static void assumeComputable(DataType type) {
    if (type == DataType.BFLOAT16) {
      assumeComputable();
    }
  }
}
