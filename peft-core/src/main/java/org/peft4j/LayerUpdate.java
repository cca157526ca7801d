package org.peft4j;

import java.util.Optional;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.LowRankDelta;
import org.peft4j.adapter.Trainable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/**
 * What an adapter adds to one layer: {@code scaling·B·A} to its weight, {@code scaling·bias} to its
 * bias.
 */
record LayerUpdate(LowRank factors, double scaling, Optional<Tensor> bias) {

  /** Whether the update of {@code site} is such a product, exactly. */
  static boolean isExact(Trainable site) {
    return site instanceof OffsetAdapter moved
        ? isExact(moved.adapter())
        : site instanceof LowRankDelta;
  }

  /**
   * That of {@code site}, exactly; empty where it is no product of thin factors. What the adapter
   * subtracts from its base becomes rows and columns of its own: {@code s·[B, −B₀]·[A; A₀] = s·B·A
   * − s·B₀·A₀}.
   */
  static Optional<LayerUpdate> of(Trainable site, Shape weight) {
    if (site instanceof OffsetAdapter moved) {
      return of(moved.adapter(), weight).map(update -> update.minus(moved.offset().start()));
    }
    return site instanceof LowRankDelta delta
        ? Optional.of(new LayerUpdate(delta.factors(weight), delta.scaling(), delta.bias()))
        : Optional.empty();
  }

  int rank() {
    return factors.a().shape().rows();
  }

  private LayerUpdate minus(LowRank start) {
    LowRank both = new LowRank(stacked(factors.a(), start.a()), sideBySide(factors.b(), start.b()));
    return new LayerUpdate(both, scaling, bias);
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
