package org.peft4j.onednn;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.Map;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many threads OpenMP gives to what the calling thread starts. It is a setting of each thread,
 * in the library that oneDNN is linked to; there may be others in the process.
 *
 * <p>Where it cannot be asked (on Windows), the number is what OpenMP found when it was loaded.
 */
final class OpenMp {

  private static final Logger LOG = LoggerFactory.getLogger(OpenMp.class);

  /** Symbols are looked up when they are needed, and are nobody else's. */
  private static final int LAZY = 1;

  /** Whether it can be asked and told here. */
  static final boolean ANSWERS = find();

  private OpenMp() {}

  /** From here on, in this thread. Returns how many it were before, for {@link #end}. */
  static int begin(int threads) {
    if (!ANSWERS) {
      return threads;
    }
    int before = Functions.omp_get_max_threads();
    end(threads, before);
    return before;
  }

  /** Back from {@code threads} to {@code before}. */
  static void end(int before, int threads) {
    if (before != threads) {
      Functions.omp_set_num_threads(before);
    }
  }

  private static boolean find() {
    try {
      int before = Functions.omp_get_max_threads();
      Functions.omp_set_num_threads(before + 1);
      boolean taken = Functions.omp_get_max_threads() == before + 1;
      Functions.omp_set_num_threads(before);
      return taken;
    } catch (LinkageError | RuntimeException e) {
      LOG.debug("OpenMP cannot be told how many threads a call has", e);
      return false;
    }
  }

  /** Found through oneDNN's library, which leads to those that it is linked to. */
  private static final class Functions {

    static {
      Native.register(
          Functions.class,
          NativeLibrary.getInstance(
              Loader.load(dnnl.class), Map.of(Library.OPTION_OPEN_FLAGS, LAZY)));
    }

    static native int omp_get_max_threads();

    static native void omp_set_num_threads(int threads);
  }
}
