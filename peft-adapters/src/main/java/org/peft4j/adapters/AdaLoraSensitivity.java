package org.peft4j.adapters;

import org.peft4j.kernel.Buffer;
import org.peft4j.tensor.Tensor;

/**
 * How much the loss would change if an entry of a trained tensor were zero, smoothed over the steps
 * (Zhang et al., ICLR 2023, arXiv 2303.10512, equations 8 to 10): {@code I = |w·g|}, {@code Ī ←
 * β₁·Ī + (1 − β₁)·I}, {@code U ← β₂·U + (1 − β₂)·|I − Ī|}. An entry's importance is {@code Ī·U}.
 *
 * @param tensor w, with its gradient g
 * @param smooth Ī, of w's shape
 * @param uncertainty U, of w's shape
 */
record AdaLoraSensitivity(Tensor tensor, Buffer smooth, Buffer uncertainty) {

  /** All zero. */
  static AdaLoraSensitivity of(Tensor tensor) {
    return new AdaLoraSensitivity(tensor, zeros(tensor), zeros(tensor));
  }

  private static Buffer zeros(Tensor tensor) {
    Buffer buffer = Buffer.allocate(tensor.type(), tensor.shape());
    buffer.put(new double[Math.toIntExact(buffer.length())]);
    return buffer;
  }

  /** Takes in the tensor's value and gradient as they are now. */
  void observe(double beta1, double beta2) {
    Buffer gradient = tensor.gradient();
    double[] w = tensor.value().toDoubles();
    double[] g = gradient == null ? new double[w.length] : gradient.toDoubles();
    double[] mean = smooth.toDoubles();
    double[] spread = uncertainty.toDoubles();
    for (int i = 0; i < w.length; i++) {
      double now = Math.abs(w[i] * g[i]);
      mean[i] = beta1 * mean[i] + (1 - beta1) * now;
      spread[i] = beta2 * spread[i] + (1 - beta2) * Math.abs(now - mean[i]);
    }
    smooth.put(mean);
    uncertainty.put(spread);
  }

  /** The mean importance of each row. */
  double[] ofRows() {
    int columns = tensor.shape().columns();
    double[] importance = importance();
    double[] means = new double[tensor.shape().rows()];
    for (int i = 0; i < importance.length; i++) {
      means[i / columns] += importance[i] / columns;
    }
    return means;
  }

  /** The mean importance of each column. */
  double[] ofColumns() {
    int rows = tensor.shape().rows();
    double[] importance = importance();
    double[] means = new double[tensor.shape().columns()];
    for (int i = 0; i < importance.length; i++) {
      means[i % means.length] += importance[i] / rows;
    }
    return means;
  }

  private double[] importance() {
    double[] mean = smooth.toDoubles();
    double[] spread = uncertainty.toDoubles();
    for (int i = 0; i < mean.length; i++) {
      mean[i] *= spread[i];
    }
    return mean;
  }
}
