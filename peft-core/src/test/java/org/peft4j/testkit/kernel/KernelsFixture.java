package org.peft4j.testkit.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** The kernel set under test, and buffers for it. */
public interface KernelsFixture {

  /** What lies around every buffer and must survive; exact in every type. */
  double GUARD = 12288;

  Kernels kernels();

  /** Of matrices. */
  DataType type();

  /** Of vectors: norms' weights, statistics of rows, gradients of parameters. */
  default DataType vectorType() {
    return type();
  }

  /** Largest error, relative to the largest expected element or to 1 if that is smaller. */
  double tolerance();

  /**
   * The same for what is compared with {@link FiniteDifferences}, which are less exact in double.
   */
  default double slopeTolerance() {
    return Math.max(tolerance(), 1e-10);
  }

  /** A matrix in memory of its own. */
  default Buffer whole(double[][] values) {
    return whole(type(), values);
  }

  private Buffer whole(DataType type, double[][] values) {
    int columns = values[0].length;
    Buffer buffer = uninitialised(type, values.length, columns);
    buffer.put(flat(values));
    return buffer;
  }

  /** Numbers as the type holds them. */
  default double[][] held(double[][] values) {
    double[] flat = whole(values).toDoubles();
    double[][] rounded = new double[values.length][values[0].length];
    for (int i = 0; i < flat.length; i++) {
      rounded[i / values[0].length][i % values[0].length] = flat[i];
    }
    return rounded;
  }

  /** A matrix between two rows of other numbers, so at an offset that is rarely aligned. */
  default Buffer buffer(double[][] values) {
    return buffer(type(), values);
  }

  private Buffer buffer(DataType type, double[][] values) {
    int columns = values[0].length;
    Buffer around = uninitialised(type, values.length + 2, columns);
    around.put(flat(Cases.constant(GUARD, values.length + 2, columns)));
    Buffer window = around.rows(1, values.length + 1);
    window.put(flat(values));
    return window;
  }

  /** A vector, with other numbers around it. */
  default Buffer buffer(double[] values) {
    return buffer(vectorType(), new double[][] {values}).reshape(Shape.of(values.length));
  }

  /** A matrix for an output, with other numbers around it; what it holds now must not matter. */
  default Buffer output(int rows, int columns) {
    return buffer(Cases.constant(Double.NaN, rows, columns));
  }

  /** A vector for an output, with other numbers around it; what it holds now must not matter. */
  default Buffer output(int length) {
    return buffer(Cases.constant(Double.NaN, 1, length)[0]);
  }

  private Buffer uninitialised(DataType type, int rows, int columns) {
    return kernels().buffer(type, Shape.of(rows, columns));
  }

  /** The loss of each row. */
  default double[] crossEntropies(Buffer logits, int[] labels, @Nullable Buffer gradient) {
    Buffer losses = kernels().buffer(DataType.FLOAT64, Shape.of(labels.length));
    kernels().crossEntropies(logits, kernels().indices(labels), losses, gradient);
    return losses.toDoubles();
  }

  /**
   * Runs an operation with every way of writing and compares with what {@code result} makes of it.
   */
  default void assertWrites(double[][] result, BiConsumer<Write, Buffer> operation) {
    assertWrites(type(), result, tolerance(), operation);
  }

  /** As the other, where the result is of {@link FiniteDifferences}. */
  default void assertWritesSlopes(double[][] result, BiConsumer<Write, Buffer> operation) {
    assertWrites(type(), result, slopeTolerance(), operation);
  }

  private void assertWrites(
      DataType type, double[][] result, double tolerance, BiConsumer<Write, Buffer> operation) {
    int columns = result[0].length;
    double[][] old = Cases.random(99, result.length, columns);
    double[][] garbage = Cases.constant(Double.NaN, result.length, columns);
    for (Write write : List.of(Write.SET, Write.set(-2.5), Write.ADD, Write.add(-0.5))) {
      double[][] before = write.accumulate() ? old : garbage;
      double[][] expected =
          ReferenceKernels.zip(
              old, result, (o, v) -> (write.accumulate() ? o : 0) + write.scale() * v);
      for (Buffer out : List.of(buffer(type, before), whole(type, before))) {
        operation.accept(write, out);
        assertClose(flat(expected), out, tolerance);
      }
    }
  }

  /** As the other, for an operation whose output is a vector. */
  default void assertWrites(double[] result, BiConsumer<Write, Buffer> operation) {
    assertWrites(
        vectorType(),
        new double[][] {result},
        tolerance(),
        (write, out) -> operation.accept(write, out.reshape(Shape.of(result.length))));
  }

  /** Compares with {@link FiniteDifferences}. */
  default void assertSlopes(double[][] expected, Buffer actual) {
    assertClose(flat(expected), actual, slopeTolerance());
  }

  default void assertClose(double[] expected, Buffer actual) {
    assertClose(expected, actual, tolerance());
  }

  default void assertClose(double[][] expected, Buffer actual) {
    assertClose(flat(expected), actual, tolerance());
  }

  /** Compares element by element, and looks at the numbers around the buffer. */
  default void assertClose(double[] expected, Buffer actual, double tolerance) {
    assertSurroundingsIntact(actual);
    double[] values = actual.toDoubles();
    assertEquals(expected.length, values.length);
    double magnitude = 1;
    for (double value : expected) {
      magnitude = Math.max(magnitude, Math.abs(value));
    }
    for (int i = 0; i < values.length; i++) {
      double bound = tolerance * magnitude;
      assertTrue(
          Math.abs(values[i] - expected[i]) <= bound,
          "element " + i + ": expected " + expected[i] + " but was " + values[i] + " ± " + bound);
    }
  }

  private void assertSurroundingsIntact(Buffer window) {
    Memory memory = window.memory();
    int guarded = Math.toIntExact(memory.length() - window.length());
    if (guarded > 0) {
      double[] all = new Buffer(memory, 0, Shape.of((int) memory.length())).toDoubles();
      for (int i = 0; i < guarded / 2; i++) {
        assertEquals(GUARD, all[i], "written before the start of the buffer");
        assertEquals(GUARD, all[all.length - 1 - i], "written beyond the end of the buffer");
      }
    }
  }

  static double[] flat(double[][] values) {
    return java.util.Arrays.stream(values).flatMapToDouble(java.util.Arrays::stream).toArray();
  }
}
