package org.peft4j.onednn;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * Rows repeated side by side, and summed back: by loops over rows, or where it is faster as
 * products with unit matrices, which are as exact.
 */
final class OneDnnTiles {

  /** Up to this width, a sum of float32 is faster as a product. */
  private static final int NARROW = 32;

  /** Up to this width, all of bfloat16 is: loops over rows convert number by number. */
  private static final int NARROW_HALF = 128;

  private final OneDnnProducts products;
  private final Map<Units, Buffer> units = new ConcurrentHashMap<>();

  OneDnnTiles(OneDnnProducts products) {
    this.products = products;
  }

  /** Unit matrices below each other, the last one cut off: [rows, columns]. */
  private record Units(DataType type, int rows, int columns) {

    Buffer buffer() {
      double[] values = new double[rows * columns];
      for (int row = 0; row < rows; row++) {
        values[row * columns + row % columns] = 1;
      }
      Buffer buffer = Buffer.allocate(type, Shape.of(rows, columns));
      buffer.put(values);
      return buffer;
    }
  }

  void sumTiles(Buffer x, Write write, Buffer out) {
    int width = out.columns();
    boolean single = x.type() == DataType.FLOAT32 && out.type() == DataType.FLOAT32;
    if (isHalf(x, width) || single && width <= NARROW) {
      products.times(x, units(x.type(), x.columns(), width), write, out);
    } else {
      HostTiles.sumTiles(x, write, out);
    }
  }

  void tile(Buffer x, Write write, Buffer out) {
    if (isHalf(x, x.columns())) {
      products.timesTransposed(x, units(x.type(), out.columns(), x.columns()), write, out);
    } else {
      HostTiles.tile(x, write, out);
    }
  }

  private static boolean isHalf(Buffer x, int width) {
    return x.type() == DataType.BFLOAT16 && width <= NARROW_HALF;
  }

  private Buffer units(DataType type, int rows, int columns) {
    return units.computeIfAbsent(new Units(type, rows, columns), Units::buffer);
  }
}
