package org.peft4j.kernel;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** Blocks of native memory, which JavaCPP counts and limits. */
final class NativeBlocks {

  private NativeBlocks() {}

  /**
   * A block of that many bytes.
   *
   * @throws OutOfMemoryError if there is none, naming what JavaCPP allows and how to change that
   * @throws IllegalStateException if JavaCPP's native library cannot be loaded, saying what to add
   */
  static BytePointer take(long bytes) {
    try {
      return new BytePointer(bytes);
    } catch (OutOfMemoryError e) {
      OutOfMemoryError explained = new OutOfMemoryError(refusal(bytes));
      explained.initCause(e);
      throw explained;
    } catch (LinkageError e) {
      throw Natives.noMemory(e);
    } catch (RuntimeException e) {
      throw e.getCause() instanceof LinkageError missing ? Natives.noMemory(missing) : e;
    }
  }

  private static String refusal(long bytes) {
    return ("%s of native memory are not to be had: JavaCPP holds %s of the %s that maxbytes allows,"
            + " and the process takes %s of the %s that maxphysicalbytes allows. Both follow -Xmx"
            + " unless given: start Java with -Dorg.bytedeco.javacpp.maxbytes=0"
            + " -Dorg.bytedeco.javacpp.maxphysicalbytes=0 to let the machine be the limit, or close"
            + " models that are no longer needed")
        .formatted(
            megabytes(bytes),
            megabytes(Pointer.totalBytes()),
            limit(Pointer.maxBytes()),
            megabytes(Pointer.physicalBytes()),
            limit(Pointer.maxPhysicalBytes()));
  }

  private static String limit(long bytes) {
    return bytes > 0 ? megabytes(bytes) : "unlimited memory";
  }

  private static String megabytes(long bytes) {
    return (bytes + (1 << 20) - 1 >> 20) + " MB";
  }
}
