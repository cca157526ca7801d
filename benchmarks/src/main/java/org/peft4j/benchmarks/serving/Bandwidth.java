package org.peft4j.benchmarks.serving;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * How fast this machine reads memory that no cache holds: the better of copying 1 GiB piece by
 * piece into the first-level cache on all processors, and of oneDNN multiplying one row by it.
 */
final class Bandwidth implements AutoCloseable {

  private static final int DEPTH = 4096;
  private static final int WIDTH = 1 << 16;
  private static final int PIECE = 4096;

  private final Kernels kernels;
  private final Buffer matrix = Buffer.allocate(DataType.FLOAT32, Shape.of(WIDTH, DEPTH));
  private final Buffer row = Buffer.allocate(DataType.FLOAT32, Shape.of(1, DEPTH));
  private final Buffer product = Buffer.allocate(DataType.FLOAT32, Shape.of(1, WIDTH));
  private final List<Double> copying = new ArrayList<>();
  private final List<Double> multiplying = new ArrayList<>();

  Bandwidth(Kernels kernels) {
    this.kernels = kernels;
    kernels.fill(1, matrix);
    kernels.fill(1, row);
  }

  /** Takes the time of a few more rounds. */
  void measure(int rounds) {
    for (int i = 0; i < rounds; i++) {
      copying.add(rate(this::copy));
      multiplying.add(rate(() -> kernels.timesTransposed(row, matrix, Write.SET, product)));
    }
  }

  /** The median rate of the faster way, in bytes per second. */
  double bytesPerSecond() {
    return Math.max(median(copying), median(multiplying));
  }

  private static double median(List<Double> rates) {
    return rates.stream().sorted().toList().get(rates.size() / 2);
  }

  private double rate(Runnable reading) {
    long start = System.nanoTime();
    reading.run();
    return 1e9 * matrix.length() * Float.BYTES / (System.nanoTime() - start);
  }

  private void copy() {
    int parts = Runtime.getRuntime().availableProcessors();
    IntStream.range(0, parts).parallel().forEach(part -> copy(part, parts));
  }

  private void copy(int part, int parts) {
    FloatBuffer all = matrix.floats().duplicate();
    float[] piece = new float[PIECE];
    int pieces = Math.toIntExact(matrix.length() / PIECE);
    for (int i = pieces / parts * part; i < pieces / parts * (part + 1); i++) {
      all.get(i * PIECE, piece);
    }
  }

  @Override
  public String toString() {
    return String.format(
        "reads %.1f GB/s (copying %.1f, multiplying %.1f)",
        bytesPerSecond() / 1e9, median(copying) / 1e9, median(multiplying) / 1e9);
  }

  @Override
  public void close() {
    List.of(matrix, row, product).forEach(buffer -> buffer.memory().close());
  }
}
