package org.peft4j.tensor;

import java.util.Comparator;
import java.util.List;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Joining tensors along an axis, and cutting a part out of one, on a tape. */
final class PartOps {

  private PartOps() {}

  static Tensor concat(Recorder t, List<Tensor> parts, int axis) {
    Axis whole = joined(parts, axis);
    Tensor y = t.result(widest(parts), whole.shape(), parts.toArray(new Tensor[0]));
    try (AxisRows rows = AxisRows.room(t, whole, y.type(), t.value(y))) {
      int from = 0;
      for (Tensor part : parts) {
        int to = from + part.shape().dim(axis);
        rows.write(from, to, t.value(part), Write.SET);
        from = to;
      }
      rows.writeTo(Write.SET, t.value(y));
    }
    t.record(y, dy -> split(t, parts, whole, dy));
    return y;
  }

  private static void split(Recorder t, List<Tensor> parts, Axis whole, Buffer dy) {
    try (AxisRows rows = AxisRows.of(t, whole, dy)) {
      int from = 0;
      for (Tensor part : parts) {
        int begin = from;
        int end = begin + part.shape().dim(whole.number());
        t.accumulate(part, (write, dx) -> rows.read(begin, end, write, dx));
        from = end;
      }
    }
  }

  private static Axis joined(List<Tensor> parts, int axis) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("got no tensors to join; it takes one or more");
    }
    Axis first = new Axis(parts.get(0).shape(), axis);
    int extent = 0;
    for (Tensor part : parts) {
      requireFit(first, part.shape());
      extent = Math.addExact(extent, part.shape().dim(axis));
    }
    return first.resized(extent);
  }

  private static void requireFit(Axis first, Shape shape) {
    boolean fits =
        shape.rank() == first.shape().rank()
            && new Axis(shape, first.number()).resized(first.extent()).equals(first);
    if (!fits) {
      throw new IllegalArgumentException(
          "cannot join %s and %s along axis %d: all other axes must be equal"
              .formatted(first.shape(), shape, first.number()));
    }
  }

  private static DataType widest(List<Tensor> parts) {
    return parts.stream()
        .map(Tensor::type)
        .max(Comparator.comparingInt(DataType::bytes))
        .orElseThrow();
  }

  static Tensor slice(Recorder t, Tensor x, int axis, int from, int to) {
    Axis whole = new Axis(x.shape(), axis);
    if (from < 0 || from >= to || to > whole.extent()) {
      throw new IllegalArgumentException(
          "axis %d of shape %s has no positions from %d to %d (exclusive)"
              .formatted(axis, x.shape(), from, to));
    }
    Tensor y = t.result(whole.resized(to - from).shape(), x);
    try (AxisRows rows = AxisRows.of(t, whole, t.value(x))) {
      rows.read(from, to, Write.SET, t.value(y));
    }
    t.record(
        y,
        dy ->
            t.accumulate(
                x,
                (write, dx) -> {
                  try (AxisRows rows = AxisRows.room(t, whole, dy.type(), dx)) {
                    if (!rows.isView() || !write.accumulate()) {
                      rows.clear();
                    }
                    rows.write(from, to, dy, Write.add(write.scale()));
                    rows.writeTo(write.accumulate() ? Write.ADD : Write.SET, dx);
                  }
                }));
    return y;
  }
}
