package org.peft4j.transformers.checkpoint;

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
 * @param block what the config says of blocks; the last ones of a weight may be smaller
 */
record QuantizedTensor(String weight, String scales, double unit, Block block) {

  private static final Set<DataType> TYPES =
      Set.of(DataType.FLOAT8_E4M3, DataType.FLOAT8_E5M2, DataType.INT8);

  /** What scales are called after their weight, in the place of its last name. */
  private static final Map<String, Double> SCALES =
      Map.of("weight_scale_inv", 1.0, "weight_scale", 1.0, "SCB", 1 / 127.0);

  /** What would have to be known besides. */
  private static final List<String> UNKNOWN = List.of("weight_zero_point", "weight_g_idx");

  /**
   * How many rows and columns of a weight share a scale, where a scale is of a block.
   *
   * @param rows 0 where nothing is known of blocks
   * @param columns 0 likewise
   */
  record Block(int rows, int columns) {

    /** Scales are of whole weights or of rows. */
    static final Block NONE = new Block(0, 0);
  }

  /** The one of that name, if it is stored so and its scales are understood. */
  static Optional<QuantizedTensor> find(Safetensors file, String weight, Block block) {
    if (!TYPES.contains(file.info(weight).type()) || !weight.endsWith(".weight")) {
      return Optional.empty();
    }
    String parent = weight.substring(0, weight.lastIndexOf('.') + 1);
    if (UNKNOWN.stream().anyMatch(name -> file.contains(parent + name))) {
      return Optional.empty();
    }
    return SCALES.entrySet().stream()
        .filter(scales -> file.contains(parent + scales.getKey()))
        .map(
            scales ->
                new QuantizedTensor(weight, parent + scales.getKey(), scales.getValue(), block))
        .filter(tensor -> tensor.fits(file))
        .findFirst();
  }

  /** Whether there is a scale for each part of the weight, and no more. */
  private boolean fits(Safetensors file) {
    Shape weights = file.info(weight).shape();
    Shape by = file.info(scales).shape();
    return weights.rank() == 2
        && by.rank() <= 2
        && by.length() > 0
        && extent(weights.dim(0), rows(by), block.rows()) > 0
        && extent(weights.dim(1), columns(by), block.columns()) > 0;
  }

  /** How many of {@code all} rows or columns share one of {@code count} scales; 0 for no answer. */
  private static int extent(int all, int count, int ofBlock) {
    if (count == 1) {
      return all;
    }
    if (count == all) {
      return 1;
    }
    return ofBlock > 0 && (all + ofBlock - 1) / ofBlock == count ? ofBlock : 0;
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
    int rowBlock = extent(stored.rows(), rows(by.shape()), block.rows());
    int columnBlock = extent(stored.columns(), columns(by.shape()), block.columns());
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
