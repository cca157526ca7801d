package org.peft4j.initializer;

import org.peft4j.adapter.Base;
import org.peft4j.adapter.LowRank;
import org.peft4j.tensor.Tensor;

/**
 * Where a low-rank update started, at a layer where that was not zero: {@code s·B₀·A₀} is
 * subtracted from the base that the adapter sees.
 *
 * @param trained the factors that train
 * @param start constants A₀ [rank, in] and B₀ [out, rank]: what they were at first
 * @param scaling the factor s
 */
public record Offset(LowRank trained, LowRank start, double scaling) {

  /** This offset for an update that counts {@code factor} times. */
  public Offset scaled(double factor) {
    return new Offset(trained, start, factor * scaling);
  }

  /** The base that makes the start equal to {@code base}: {@code x·Wᵀ − s·(x·A₀ᵀ)·B₀ᵀ}. */
  public Base below(Base base) {
    return (t, x) -> {
      Tensor inner = t.linear(x, start.a());
      return t.addLinear(base.apply(t, x), inner, start.b(), -scaling);
    };
  }
}
