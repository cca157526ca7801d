package org.peft4j.testkit;

import java.lang.ref.WeakReference;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** Native memory that nothing refers to any more, which the collector frees whenever it likes. */
public final class NativeGarbage {

  private static final int STABLE = 3;

  private NativeGarbage() {}

  /**
   * Has all of it freed, so that a count of native memory falls no further by itself.
   *
   * @throws IllegalStateException if the collector does not come by in a minute
   */
  public static void free() throws InterruptedException {
    WeakReference<Pointer> sentinel = new WeakReference<>(new BytePointer(1));
    long count = Pointer.totalCount();
    int stable = 0;
    for (int i = 0; i < 3000; i++) {
      System.gc();
      Thread.sleep(20);
      long now = Pointer.totalCount();
      stable = now == count ? stable + 1 : 0;
      count = now;
      if (sentinel.get() == null && stable >= STABLE) {
        return;
      }
    }
    throw new IllegalStateException("native memory is not freed");
  }
}
