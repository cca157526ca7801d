package org.peft4j.transformers;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/**
 * A weight [out, in] stored in eight bits, float8 or whole numbers, with the scales by which its
 * numbers are multiplied: one for all, one for each row, or one for each block of rows and columns.
 *
 * @param weight its name
 * @param scales the name of its scales
 * @param unit what one of its steps is worth where the scale is 1
 */
record QuantizedTensor(String weight, String scales, double unit) {

  private static final Set<DataType> TYPES =
      Set.of(DataType.FLOAT8_E4M3, DataType.FLOAT8_E5M2, DataType.INT8);

  /** What scales are called after their weight, in the place of its last name. */
  private static final Map<String, Double> SCALES =
      Map.of("weight_scale_inv", 1.0, "weight_scale", 1.0, "SCB", 1 / 127.0);

  /** What would have to be known besides. */
  private static final List<String> UNKNOWN = List.of("weight_zero_point", "weight_g_idx");

  /** The one of that name, if it is stored so and its scales are understood. */
  static Optional<QuantizedTensor> find(Safetensors file, String weight) {
    if (!TYPES.contains(file.info(weight).type()) || !weight.endsWith(".weight")) {
      return Optional.empty();
    }
    String parent = weight.substring(0, weight.lastIndexOf('.') + 1);
    if (UNKNOWN.stream().anyMatch(name -> file.contains(parent + name))) {
      return Optional.empty();
    }
    return SCALES.entrySet().stream()
        .filter(scales -> file.contains(parent + scales.getKey()))
        .map(scales -> new QuantizedTensor(weight, parent + scales.getKey(), scales.getValue()))
        .filter(tensor -> tensor.fits(file))
        .findFirst();
  }

  /** Whether the scales divide the weight evenly, but for the last of their blocks. */
  private boolean fits(Safetensors file) {
    Shape weights = file.info(weight).shape();
    Shape by = file.info(scales).shape();
    return weights.rank() == 2
        && by.rank() <= 2
        && by.length() > 0
        && blockSize(weights.dim(0), rows(by)) > 0
        && blockSize(weights.dim(1), columns(by)) > 0;
  }

  /** Into blocks of what size {@code extent} numbers make {@code blocks} of them; 0 for none. */
  private static int blockSize(int extent, int blocks) {
    int size = blocks == 1 ? extent : usualSize(extent, blocks);
    return size > 0 && (extent + size - 1) / size == blocks ? size : 0;
  }

  /** Blocks of 128 unless they come out even. */
  private static int usualSize(int extent, int blocks) {
    return extent % blocks == 0 ? extent / blocks : 128;
  }

  private static int rows(Shape scales) {
    return scales.rank() == 0 ? 1 : scales.dim(0);
  }

  private static int columns(Shape scales) {
    return scales.rank() == 2 ? scales.dim(1) : 1;
  }

  /** The numbers that are meant, rounded once. */
  Buffer read(Safetensors file, DataType type) throws IOException {
    Buffer stored = file.read(weight, DataType.FLOAT32);
    Buffer by = file.read(scales, DataType.FLOAT64);
    double[] scale = by.toDoubles();
    int rowBlock = blockSize(stored.rows(), rows(by.shape()));
    int columnBlock = blockSize(stored.columns(), columns(by.shape()));
    Buffer values = Buffer.allocate(type, stored.shape());
    for (int r = 0; r < stored.rows(); r++) {
      double[] row = stored.rows(r, r + 1).toDoubles();
      int first = r / rowBlock * columns(by.shape());
      for (int c = 0; c < row.length; c++) {
        row[c] *= scale[first + c / columnBlock] * unit;
      }
      values.rows(r, r + 1).put(row);
    }
    return values;
  }
}
