package org.peft4j.benchmarks.bench;

import java.util.Locale;
import org.peft4j.benchmarks.peer.PeerTask;
import org.peft4j.benchmarks.steps.Gradients;
import org.peft4j.benchmarks.steps.PeftTask;
import org.peft4j.benchmarks.steps.Sizes;
import org.peft4j.kernel.DataType;

/**
 * Whether both sides compute the same: with the same weights, adapters and tokens, in float32.
 * Without that it would mean nothing which is faster.
 *
 * @param loss relative difference of the losses
 * @param gradient relative difference of the gradient that differs most, of all trained tensors
 */
record Agreement(double loss, double gradient) {

  private static final double ALLOWED = 1e-4;

  static Agreement of(Method method, Sizes sizes) {
    Gradients ours = new PeftTask(sizes, DataType.FLOAT32, method.config()).gradients();
    Gradients peers = new PeerTask(sizes, DataType.FLOAT32, method.peer()).gradients();
    return new Agreement(ours.lossDifference(peers), ours.largestDifference(peers));
  }

  /** What {@link #toString} wrote. */
  static Agreement parse(String text) {
    String[] numbers = text.split(" ");
    return new Agreement(Double.parseDouble(numbers[0]), Double.parseDouble(numbers[1]));
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.3e %.3e", loss, gradient);
  }

  /**
   * @throws IllegalStateException if the two differ by more than rounding explains
   */
  Agreement require() {
    if (!(loss <= ALLOWED && gradient <= ALLOWED)) {
      throw new IllegalStateException(
          "ours and PyTorch's must agree within %s but the losses differ by %s and a gradient by %s"
              .formatted(ALLOWED, loss, gradient));
    }
    return this;
  }

  /** Prints it, in a process of its own because both sides' native libraries are loaded. */
  public static void main(String[] arguments) {
    System.out.println(of(Method.named(arguments[0]), Sizes.parse(arguments[1])));
  }
}
