package org.peft4j.kernel;

import org.bytedeco.javacpp.Loader;

/** What to say where native libraries are missing. */
public final class Natives {

  private Natives() {}

  /** JavaCPP, which holds all memory outside of the heap, has no library for this platform. */
  static IllegalStateException noMemory(LinkageError javacpp) {
    return new IllegalStateException(
        "there is no native library of JavaCPP to hold memory with: " + forACpu(), javacpp);
  }

  /** What to add where computing on a CPU lacks something. */
  public static String forACpu() {
    return "add the dependency org.peft4j:peft-cpu, which brings those of every platform, or"
        + " org.bytedeco's javacpp, dnnl and openblas with this platform ("
        + Loader.getPlatform()
        + ") as their classifier, in the versions of org.peft4j:peft-bom";
  }

  /** The deepest cause of a failure. */
  public static String reason(Throwable failure) {
    Throwable deepest = failure;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return deepest.toString();
  }
}
