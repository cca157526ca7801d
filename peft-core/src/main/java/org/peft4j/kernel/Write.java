package org.peft4j.kernel;

/**
 * How a kernel puts its result {@code v} into the output: {@code out = scale * v}, or {@code out +=
 * scale * v}.
 *
 * @param scale factor of the result
 * @param accumulate whether the result is added to what the output holds
 */
public record Write(double scale, boolean accumulate) {

  /** {@code out = v}. */
  public static final Write SET = new Write(1, false);

  /** {@code out += v}. */
  public static final Write ADD = new Write(1, true);

  /** {@code out = scale * v}. */
  public static Write set(double scale) {
    return new Write(scale, false);
  }

  /** {@code out += scale * v}. */
  public static Write add(double scale) {
    return new Write(scale, true);
  }

  /** The same way of writing, of a result multiplied by {@code factor}. */
  public Write times(double factor) {
    return new Write(scale * factor, accumulate);
  }
}
