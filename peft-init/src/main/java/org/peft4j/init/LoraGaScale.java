package org.peft4j.init;

import org.peft4j.settings.FileKey;

/** How large LoRA-GA's factors start. */
public enum LoraGaScale {
  /**
   * Both times {@code out^¼ / √γ}: outputs of the same size whatever the width, and whatever the
   * size of the gradient.
   */
  STABLE,
  /** Both divided by s, which imitates a step of gradient descent. */
  GD,
  /** Orthonormal as they are. */
  UNIT,
  /** Both times the mean root of the weight's r largest singular values over s. */
  @FileKey("weightS")
  WEIGHT_S,
  /**
   * As Hugging Face PEFT does under the name {@code stable}: A orthonormal, B times the gradient's
   * singular values and {@code out^¼ / √γ}. Depends on the size of the loss, and the first step is
   * no longer the best of its rank.
   */
  PEFT
}
