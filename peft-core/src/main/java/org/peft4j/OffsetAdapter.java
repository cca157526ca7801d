package org.peft4j;

import java.util.Map;
import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Base;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.adapter.StartFacts;
import org.peft4j.initializer.Offset;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * An adapter whose start is taken from the base it sees, and from that alone: the layer's weight
 * stays what it is for every other adapter.
 */
record OffsetAdapter(Adapter adapter, Offset offset) implements Adapter {

  @Override
  public Map<String, Tensor> parameters() {
    return adapter.parameters();
  }

  @Override
  public Tensor forward(Tape t, Tensor x, Base base) {
    return adapter.forward(t, x, offset.below(base));
  }

  @Override
  public Optional<StartFacts> startFacts() {
    return adapter.startFacts();
  }

  @Override
  public Map<String, double[]> views() {
    return adapter.views();
  }

  /**
   * What the adapter subtracts from its base becomes rows and columns of its own: {@code s·[B,
   * −B₀]·[A; A₀] = s·B·A − s·B₀·A₀}.
   */
  @Override
  public Optional<LowRankUpdate> lowRankUpdate(Shape weight) {
    return adapter
        .lowRankUpdate(weight)
        .map(
            update ->
                new LowRankUpdate(
                    withStart(update.factors(), offset.start()), update.scaling(), update.bias()));
  }

  private static LowRank withStart(LowRank now, LowRank start) {
    return new LowRank(stacked(now.a(), start.a()), sideBySide(now.b(), start.b()));
  }

  /** {@code [a; start]}. */
  private static Tensor stacked(Tensor a, Tensor start) {
    int rank = a.shape().rows();
    int all = rank + start.shape().rows();
    Buffer both = Buffer.allocate(a.type(), Shape.of(all, a.shape().columns()));
    both.rows(0, rank).put(a.value());
    both.rows(rank, all).put(start.value());
    return Tensor.of(both);
  }

  /** {@code [b, −start]}. */
  private static Tensor sideBySide(Tensor b, Tensor start) {
    int rank = b.shape().columns();
    int all = rank + start.shape().columns();
    double[] left = b.value().toDoubles();
    double[] right = start.value().toDoubles();
    double[] both = new double[left.length + right.length];
    for (int at = 0; at < both.length; at++) {
      int row = at / all;
      int column = at % all;
      both[at] =
          column < rank ? left[row * rank + column] : -right[row * (all - rank) + column - rank];
    }
    Buffer buffer = Buffer.allocate(b.type(), Shape.of(b.shape().rows(), all));
    buffer.put(both);
    return Tensor.of(buffer);
  }
}
