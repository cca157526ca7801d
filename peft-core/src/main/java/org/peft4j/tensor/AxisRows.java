package org.peft4j.tensor;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * An array with the positions of one axis as rows, [extent * inner, outer], so that some of them
 * lie together: the array itself where nothing lies outside of the axis, else a working buffer with
 * its transpose.
 */
final class AxisRows implements AutoCloseable {

  private final Recorder t;
  private final Axis axis;
  private final Buffer rows;

  private AxisRows(Recorder t, Axis axis, Buffer rows) {
    this.t = t;
    this.axis = axis;
    this.rows = rows;
  }

  /** Those of {@code array}, to be read. */
  static AxisRows of(Recorder t, Axis axis, Buffer array) {
    AxisRows made = room(t, axis, array.type(), array);
    if (!made.isView()) {
      t.kernels().transpose(array.reshape(axis.matrix()), Write.SET, made.rows);
    }
    return made;
  }

  /** To be written, and then {@linkplain #writeTo put} into {@code array}; not cleared. */
  static AxisRows room(Recorder t, Axis axis, DataType type, Buffer array) {
    Shape shape = Shape.of(Math.multiplyExact(axis.extent(), axis.inner()), axis.outer());
    boolean view = axis.outer() == 1;
    return new AxisRows(t, axis, view ? array.reshape(shape) : t.scratch(type, shape));
  }

  /** Whether they are the array itself. */
  boolean isView() {
    return axis.outer() == 1;
  }

  void clear() {
    t.kernels().fill(0, rows);
  }

  /** Writes positions {@code from} to {@code to} into an array of their own. */
  void read(int from, int to, Write write, Buffer out) {
    move(part(from, to), write, out.reshape(axis.resized(to - from).matrix()));
  }

  /** Writes an array to positions {@code from} to {@code to}. */
  void write(int from, int to, Buffer x, Write write) {
    move(x.reshape(axis.resized(to - from).matrix()), write, part(from, to));
  }

  /** Writes all of them into the array, if they are not that. */
  void writeTo(Write write, Buffer array) {
    if (!isView()) {
      t.kernels().transpose(rows, write, array.reshape(axis.matrix()));
    }
  }

  private Buffer part(int from, int to) {
    return rows.rows(from * axis.inner(), to * axis.inner());
  }

  private void move(Buffer x, Write write, Buffer out) {
    if (isView()) {
      t.kernels().put(x, write, out);
    } else {
      t.kernels().transpose(x, write, out);
    }
  }

  @Override
  public void close() {
    if (!isView()) {
      t.giveBack(rows);
    }
  }
}
