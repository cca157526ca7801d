package org.peft4j.kernel;

/** Element-wise non-linear functions. */
public enum Activation {
  /** {@code x · sigmoid(x)}, also called swish. */
  SILU,
  /** {@code x · Φ(x)} with the exact normal distribution function. */
  GELU,
  /** GELU by its tanh approximation. */
  GELU_TANH,
  /** {@code 1 / (1 + exp(-x))}. */
  SIGMOID,
  TANH,
  RELU
}
