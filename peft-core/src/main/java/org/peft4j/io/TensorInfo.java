package org.peft4j.io;

import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/**
 * What a safetensors header says about one tensor.
 *
 * @param begin first byte, counted from the end of the header
 * @param end byte after the last, counted the same way
 */
public record TensorInfo(String name, DataType type, Shape shape, long begin, long end) {

  /** Size in bytes. */
  public long bytes() {
    return end - begin;
  }
}
