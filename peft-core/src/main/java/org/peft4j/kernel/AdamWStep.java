package org.peft4j.kernel;

/**
 * The numbers of one AdamW update (Loshchilov and Hutter, arXiv 1711.05101) at step {@code step},
 * which counts from 1.
 *
 * <p>{@code p -= lr·decay·p; m = β₁m + (1-β₁)g; v = β₂v + (1-β₂)g²; p -= lr · m/(1-β₁ᵗ) /
 * (sqrt(v/(1-β₂ᵗ)) + ε)}.
 *
 * <p>The onednn kernels round small m and v to multiples of 2^-116, and small g, where it is
 * squared, to multiples of 2^-60: processors are tens of times slower with numbers below 2^-126.
 */
public record AdamWStep(
    double learningRate,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    long step) {

  /** {@code lr / (1-β₁ᵗ)}. */
  public double correctedRate() {
    return learningRate / (1 - Math.pow(beta1, step));
  }

  /** {@code 1 / sqrt(1-β₂ᵗ)}. */
  public double rootCorrection() {
    return 1 / Math.sqrt(1 - Math.pow(beta2, step));
  }
}
