package org.peft4j.tensor;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;

/** One computation of a {@link TapeOperation}. Its buffers are the tape's, lent for this call. */
public final class ForwardCall {

  private final Recorder t;
  private final OperationValues values;
  private final Rooms rooms;

  ForwardCall(Recorder t, OperationValues values) {
    this.t = t;
    this.rooms = new Rooms(t);
    this.values = values;
  }

  public Kernels kernels() {
    return t.kernels();
  }

  /** Input {@code i}, counted from 0; to be read only. */
  public Buffer input(int i) {
    return t.value(values.input(i));
  }

  /** Takes the result. What it holds before is anything. */
  public Buffer output() {
    return t.value(values.output());
  }

  /** Whether somebody will want a gradient: if not, what is kept is kept for nobody. */
  public boolean isRecorded() {
    return t.isRecording() && values.output().requiresGradient();
  }

  /** Whether dropout and the like are active. */
  public boolean isTraining() {
    return t.isTraining();
  }

  /** The next seed of the tape's randomness; the same when a checkpointed block is repeated. */
  public long seed() {
    return t.nextSeed();
  }

  /**
   * Backward will read these inputs. Until then no operation may write into them: one that tries is
   * refused.
   */
  public void keepInputs(int... which) {
    for (int i : which) {
      values.keep(values.input(i));
    }
  }

  /** Backward will read the result. */
  public void keepOutput() {
    values.keep(values.output());
  }

  /**
   * A buffer of the tape's pool for something that backward will read, as {@link
   * BackwardCall#saved}; not cleared.
   */
  public Buffer save(DataType type, Shape shape) {
    return values.save(t.workspace(type, shape)).value();
  }

  /** A working buffer of the tape's pool, until this call ends; not cleared. */
  public Buffer scratch(DataType type, Shape shape) {
    return rooms.take(type, shape);
  }

  void run() {
    try (rooms) {
      values.operation().forward(this);
    }
  }
}
