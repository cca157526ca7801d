package org.peft4j;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Parameter;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.tensor.Tensor;

/**
 * What the adapters in use add to a layer's weight, found by merging them.
 *
 * @param matrix {@code W' − W} [out, in] in float64
 * @param rounding what the type of W cannot tell from nothing
 */
record MergedUpdate(Buffer matrix, double rounding) {

  /**
   * That of one adapter.
   *
   * @throws IllegalArgumentException if it changes the layer's bias too
   */
  static MergedUpdate of(AdapterSpec adapter, String path, AdapterHost host, Kernels kernels) {
    Map<String, Buffer> merged = new LinkedHashMap<>(host.merged(kernels));
    Tensor weight = host.weight().pretrained();
    Buffer matrix = Buffer.allocate(DataType.FLOAT64, weight.shape());
    Buffer sum = Objects.requireNonNull(merged.remove("weight"), path);
    matrix.put(change(sum, Optional.of(host.weight())));
    merged.forEach(
        (name, value) -> {
          double[] change = change(value, Optional.ofNullable(host.parameters().get(name)));
          if (Arrays.stream(change).anyMatch(number -> number != 0)) {
            throw PlainLora.changesBias(adapter, path);
          }
        });
    double unit = weight.type() == DataType.FLOAT64 ? Math.ulp(1.0) : Math.ulp(1f);
    return new MergedUpdate(matrix, unit * Recompression.norm(weight));
  }

  /** Closes {@code merged}. */
  private static double[] change(Buffer merged, Optional<Parameter> own) {
    double[] change = merged.toDoubles();
    merged.memory().close();
    if (own.isPresent()) {
      double[] pretrained = own.get().pretrained().value().toDoubles();
      Arrays.setAll(change, i -> change[i] - pretrained[i]);
    }
    return change;
  }
}
