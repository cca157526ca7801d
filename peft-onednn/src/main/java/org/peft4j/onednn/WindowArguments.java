package org.peft4j.onednn;

import org.peft4j.kernel.Extent;
import org.peft4j.kernel.Window;

/** A window over images, as oneDNN takes it: down and across. */
record WindowArguments(Window window) {

  long[] size() {
    return both(window.size(), 0);
  }

  long[] stride() {
    return both(window.stride(), 0);
  }

  /** oneDNN counts the pixels between two taps. */
  long[] dilation() {
    return both(window.dilation(), -1);
  }

  /** The same on both sides. */
  long[] padding() {
    return both(window.padding(), 0);
  }

  private static long[] both(Extent extent, int more) {
    return new long[] {extent.height() + more, extent.width() + more};
  }
}
