package org.peft4j.onednn;

import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.stream;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;

/** What the run of any primitive needs beside its arguments, for one caller at a time. */
final class Workspace implements AutoCloseable {

  private final stream stream;
  private final dnnl_stream handle;
  private @Nullable HostMemory scratch;

  Workspace(engine engine) {
    stream = new stream(engine);
    // Outlives the scopes of whoever happens to need it first.
    stream.retainReference();
    handle = stream.get();
  }

  dnnl_stream stream() {
    return handle;
  }

  /** Where {@code bytes} of memory are, whose content is nobody's. */
  long scratch(long bytes) {
    if (scratch == null || scratch.length() < bytes) {
      if (scratch != null) {
        scratch.close();
      }
      scratch = HostMemory.allocate(DataType.UINT8, bytes);
    }
    return scratch.address();
  }

  @Override
  public void close() {
    stream.close();
    if (scratch != null) {
      scratch.close();
    }
  }
}
