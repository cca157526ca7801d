package org.peft4j.onednn;

import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Float16;

/**
 * The elements of a buffer in host memory as floats, for loops over rows: bfloat16 is widened when
 * read, and rounded to nearest when written.
 */
abstract class FloatView {

  /** The elements of a buffer that must hold {@code length} of them. */
  static FloatView of(Buffer buffer, long length) {
    check(buffer, length);
    if (length > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "at most 2147483647 numbers can be reached one by one but a buffer has shape "
              + buffer.shape()
              + "; use fewer or shorter sequences at once");
    }
    return buffer.type() == DataType.BFLOAT16
        ? new Half(buffer.host().views().shorts(), buffer.offset())
        : new Single(floats(buffer));
  }

  /** The elements of a FLOAT32 buffer, to be forgotten before the call ends. */
  static FloatBuffer floats(Buffer buffer) {
    return buffer
        .host()
        .views()
        .floats()
        .slice(Math.toIntExact(buffer.offset()), Math.toIntExact(buffer.length()));
  }

  /**
   * @throws IllegalArgumentException if the type is none that oneDNN's kernels compute with
   */
  static void check(DataType type) {
    if (type != DataType.FLOAT32 && type != DataType.BFLOAT16) {
      throw new IllegalArgumentException(
          "the onednn kernels compute in FLOAT32 and BFLOAT16 but got "
              + type
              + "; the nd4j kernels compute in FLOAT64 too");
    }
  }

  static void check(Buffer buffer, long length) {
    check(buffer.type());
    if (buffer.length() != length) {
      throw new IllegalArgumentException(
          "expected " + length + " elements but a buffer has shape " + buffer.shape());
    }
  }

  abstract void get(int start, float[] target, int from, int count);

  abstract void put(int start, float[] source, int from, int count);

  void get(int start, float[] target) {
    get(start, target, 0, target.length);
  }

  void put(int start, float[] source) {
    put(start, source, 0, source.length);
  }

  float get(int index) {
    float[] one = new float[1];
    get(index, one, 0, 1);
    return one[0];
  }

  void put(int index, float value) {
    put(index, new float[] {value}, 0, 1);
  }

  private static final class Single extends FloatView {

    private final FloatBuffer elements;

    Single(FloatBuffer elements) {
      this.elements = elements;
    }

    @Override
    void get(int start, float[] target, int from, int count) {
      elements.get(start, target, from, count);
    }

    @Override
    void put(int start, float[] source, int from, int count) {
      elements.put(start, source, from, count);
    }
  }

  private static final class Half extends FloatView {

    private static final ThreadLocal<short[]> ROOM = ThreadLocal.withInitial(() -> new short[0]);

    private final ShortBuffer elements;
    private final int first;

    Half(ShortBuffer elements, long first) {
      this.elements = elements;
      this.first = Math.toIntExact(first);
    }

    @Override
    void get(int start, float[] target, int from, int count) {
      short[] room = room(count);
      elements.get(first + start, room, 0, count);
      for (int i = 0; i < count; i++) {
        target[from + i] = Float16.fromBfloat(room[i]);
      }
    }

    @Override
    void put(int start, float[] source, int from, int count) {
      short[] room = room(count);
      for (int i = 0; i < count; i++) {
        room[i] = Float16.toBfloat(source[from + i]);
      }
      elements.put(first + start, room, 0, count);
    }

    private static short[] room(int count) {
      short[] room = ROOM.get();
      if (room.length < count) {
        room = new short[count];
        ROOM.set(room);
      }
      return room;
    }
  }
}
