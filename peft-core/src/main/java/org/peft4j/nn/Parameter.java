package org.peft4j.nn;

import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * A pretrained tensor of a model. Its values never change; an adapter that trains the whole tensor
 * has one of its own, which passes with that adapter compute with instead.
 */
public final class Parameter {

  private final Tensor pretrained;
  private volatile @Nullable Frozen frozen;

  private record Frozen(FrozenWeight weight, Kernels by) {}

  public Parameter(Tensor pretrained) {
    this.pretrained = pretrained;
  }

  public Shape shape() {
    return pretrained.shape();
  }

  /** The type in which it would be trained: FLOAT32 where the values are held in BFLOAT16. */
  public DataType type() {
    return pretrained.type().trained();
  }

  /** The pretrained values. Never written to. */
  public Tensor pretrained() {
    return pretrained;
  }

  /** What the model computes with in a pass on {@code t}: what an adapter brings, if one does. */
  public Tensor value(Tape t) {
    return ActiveAdapters.on(t).inPlaceOf(this).orElse(pretrained);
  }

  /**
   * @throws IllegalArgumentException if {@code tensor} cannot stand in for this one. A table of a
   *     vocabulary may have more rows.
   */
  public void requireReplaceableBy(Tensor tensor) {
    if (!tensor.shape().equals(shape()) && !hasMoreRows(tensor.shape())) {
      throw new IllegalArgumentException(
          "a replacement must have shape " + shape() + " but has " + tensor.shape());
    }
  }

  private boolean hasMoreRows(Shape other) {
    Shape own = shape();
    return own.rank() == 2
        && other.rank() == 2
        && other.columns() == own.columns()
        && other.rows() > own.rows();
  }

  /**
   * Frees the values and what was prepared of them. To compute with this parameter, or with another
   * one that shares its tensor, is an error from now on.
   */
  public void close() {
    unprepare();
    pretrained.free();
  }

  /** Frees what was prepared of the values for fast products; it is made again when needed. */
  public synchronized void unprepare() {
    Frozen ready = frozen;
    frozen = null;
    if (ready != null) {
      ready.weight().close();
    }
  }

  /**
   * {@code x·Wᵀ} where this parameter is a matrix W [out, in].
   *
   * @param value what it is in this pass
   */
  Tensor apply(Tape t, Tensor x, Tensor value) {
    return value == pretrained ? t.linear(x, frozen(t.kernels())) : t.linear(x, value);
  }

  private FrozenWeight frozen(Kernels kernels) {
    Frozen ready = frozen;
    return ready != null && ready.by() == kernels ? ready.weight() : freeze(kernels);
  }

  private synchronized FrozenWeight freeze(Kernels kernels) {
    Frozen ready = frozen;
    if (ready == null || ready.by() != kernels) {
      ready = new Frozen(kernels.freeze(pretrained.value()), kernels);
      frozen = ready;
    }
    return ready.weight();
  }
}
