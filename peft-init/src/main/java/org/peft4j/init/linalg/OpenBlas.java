package org.peft4j.init.linalg;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.NativeEnvironment;

/** The native library behind all decompositions. */
final class OpenBlas {

  private static final @Nullable LinkageError FAILURE = load();

  private OpenBlas() {}

  /**
   * Makes sure that it is there.
   *
   * @throws IllegalStateException if it is not, saying what to add
   */
  static void require() {
    if (FAILURE != null) {
      throw new IllegalStateException(
          "OpenBLAS, which computes decompositions, cannot be loaded: add the dependency"
              + " org.peft4j:peft-cpu, which brings it for every platform, or"
              + " org.bytedeco:openblas with this platform ("
              + Loader.getPlatform()
              + ") as its classifier, in the version of org.peft4j:peft-bom",
          FAILURE);
    }
  }

  private static @Nullable LinkageError load() {
    NativeEnvironment.prepare();
    try {
      Loader.load(openblas.class);
      return null;
    } catch (LinkageError e) {
      return e;
    }
  }
}
