package org.peft4j.convert;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Parameter;
import org.peft4j.tensor.Tensor;

/**
 * What an adapter adds to a layer's weight, found by merging it.
 *
 * @param matrix {@code W' − W} [out, in] in float64
 * @param rounding what the type of W cannot tell from nothing
 */
record MergedUpdate(Buffer matrix, double rounding) {

  /**
   * The update of one adapter.
   *
   * @throws IllegalArgumentException if it changes the layer's bias too
   */
  static MergedUpdate of(AdapterView adapter, String path) {
    AdapterHost host = adapter.layer(path).host();
    Map<String, Buffer> merged =
        new LinkedHashMap<>(host.merged(adapter.kernels(), adapter.active()));
    Tensor weight = host.weight().pretrained();
    Buffer matrix = Buffer.allocate(DataType.FLOAT64, weight.shape());
    Buffer sum = Objects.requireNonNull(merged.remove("weight"), path);
    matrix.put(change(sum, Optional.of(host.weight())));
    merged.forEach(
        (name, value) -> {
          double[] change = change(value, Optional.ofNullable(host.parameters().get(name)));
          if (Arrays.stream(change).anyMatch(number -> number != 0)) {
            throw PlainLora.changesBias(adapter.spec(), path);
          }
        });
    double unit = weight.type() == DataType.FLOAT64 ? Math.ulp(1.0) : Math.ulp(1f);
    return new MergedUpdate(matrix, unit * norm(weight));
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

  /** The Frobenius norm. */
  static double norm(Tensor matrix) {
    double[] values = matrix.value().toDoubles();
    return Math.sqrt(Arrays.stream(values).map(value -> value * value).sum());
  }
}
