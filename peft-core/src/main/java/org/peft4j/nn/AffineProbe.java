package org.peft4j.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.peft4j.adapter.Base;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * Finds the weight and bias of an affine function from its values at zero and at the unit vectors.
 */
final class AffineProbe {

  /**
   * Unit vectors per call: enough to keep the products busy, few enough to stay small beside the
   * weight.
   */
  private static final int CHUNK = 256;

  private final Kernels kernels;
  private final int out;
  private final int in;
  private final DataType type;

  AffineProbe(Kernels kernels, Shape weight, DataType type) {
    this.kernels = kernels;
    this.out = weight.rows();
    this.in = weight.columns();
    this.type = type;
  }

  /**
   * @param function x·Wᵀ, and more
   * @param bias that is added to it
   * @param active what both are computed with
   */
  Map<String, Buffer> probe(Base function, Optional<Parameter> bias, ActiveAdapters active) {
    try (Tape t = Tape.inference(kernels, active)) {
      double[] offset = values(t, function, new double[in]);
      Map<String, Buffer> merged = new LinkedHashMap<>();
      merged.put("weight", weight(t, function, offset));
      boolean shifted = java.util.Arrays.stream(offset).anyMatch(value -> value != 0);
      if (bias.isPresent() || shifted) {
        merged.put("bias", bias(bias.map(b -> b.value(t)), offset));
      }
      return merged;
    }
  }

  private Buffer weight(Tape t, Base function, double[] offset) {
    Buffer transposed = kernels.buffer(type, Shape.of(in, out));
    for (int from = 0; from < in; from += CHUNK) {
      int to = Math.min(in, from + CHUNK);
      double[] values = values(t, function, unitVectors(from, to));
      for (int i = 0; i < values.length; i++) {
        values[i] -= offset[i % out];
      }
      transposed.rows(from, to).put(values);
    }
    Buffer weight = kernels.buffer(type, Shape.of(out, in));
    kernels.transpose(transposed, Write.SET, weight);
    transposed.memory().close();
    return weight;
  }

  private Buffer bias(Optional<Tensor> bias, double[] offset) {
    double[] sum = bias.map(b -> b.value().toDoubles()).orElseGet(() -> new double[out]);
    for (int i = 0; i < out; i++) {
      sum[i] += offset[i];
    }
    Buffer merged = kernels.buffer(type, Shape.of(out));
    merged.put(sum);
    return merged;
  }

  private double[] unitVectors(int from, int to) {
    double[] values = new double[(to - from) * in];
    for (int i = from; i < to; i++) {
      values[(i - from) * in + i] = 1;
    }
    return values;
  }

  /** What the function makes of these rows. */
  private double[] values(Tape t, Base function, double[] rows) {
    Buffer x = kernels.buffer(type, Shape.of(rows.length / in, in));
    x.put(rows);
    double[] values = function.apply(t, Tensor.of(x)).value().toDoubles();
    t.reset();
    x.memory().close();
    return values;
  }
}
