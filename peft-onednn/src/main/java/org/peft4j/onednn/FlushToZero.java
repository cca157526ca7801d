package org.peft4j.onednn;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets native code take numbers below {@link Float#MIN_NORMAL} for zero, as arguments and as
 * results: x86-64 takes hundreds of times as long for products with them as for others. The flags
 * are the thread's, and those that OpenMP starts from it inherit them. Java wants its own
 * arithmetic exact, so they are set for the time of a native call only.
 *
 * <p>Works on Linux, through the C library's {@code fesetenv}; elsewhere it does nothing.
 */
final class FlushToZero {

  private static final Logger LOG = LoggerFactory.getLogger(FlushToZero.class);

  /** Of {@code fenv_t}, which ends with the register MXCSR. */
  private static final int BYTES = 32;

  private static final int MXCSR = 28;

  /** Results flushed to zero (bit 15) and denormal arguments taken for zero (bit 6). */
  private static final int FLAGS = 0x8040;

  private static final @Nullable Environments FOUND = find();

  private FlushToZero() {}

  /** Whether it does anything here. */
  static boolean works() {
    return FOUND != null;
  }

  /** From here on, in this thread, until {@link #end}. */
  static void begin() {
    if (FOUND != null) {
      LibM.fesetenv(FOUND.flushing());
    }
  }

  /** Back to what Java wants. */
  static void end() {
    if (FOUND != null) {
      LibM.fesetenv(FOUND.exact());
    }
  }

  private static @Nullable Environments find() {
    try {
      if (Platform.isLinux() && Platform.isIntel() && Platform.is64Bit()) {
        return environments();
      }
    } catch (LinkageError | RuntimeException e) {
      LOG.debug("denormal numbers are not flushed", e);
    }
    return null;
  }

  private static @Nullable Environments environments() {
    Memory exact = current();
    Memory flushing = current();
    flushing.setInt(MXCSR, exact.getInt(MXCSR) | FLAGS);
    LibM.fesetenv(flushing);
    boolean taken = (current().getInt(MXCSR) & FLAGS) == FLAGS;
    LibM.fesetenv(exact);
    return taken ? new Environments(exact, flushing) : null;
  }

  private static Memory current() {
    Memory environment = new Memory(BYTES);
    LibM.fegetenv(environment);
    return environment;
  }

  /** The processor's settings for floating point. */
  private record Environments(Pointer exact, Pointer flushing) {}

  /** The C library's functions on them. */
  private static final class LibM {

    static {
      Native.register(LibM.class, "m");
    }

    static native int fegetenv(Pointer environment);

    static native int fesetenv(Pointer environment);
  }
}
