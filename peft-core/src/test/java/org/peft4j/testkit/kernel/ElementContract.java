package org.peft4j.testkit.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Memory;

/** Allocating, moving and element-wise operations. */
public interface ElementContract extends KernelsFixture {

  @Test
  default void allocatesMemoryOfTheTypeAndLengthAskedFor() {
    try (Memory memory = kernels().allocate(type(), 17)) {
      assertEquals(type(), memory.type());
      assertEquals(17, memory.length());
    }
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void fillsEveryElement(int rows, int columns) {
    Buffer out = output(rows, columns);
    kernels().fill(-1.5, out);
    assertClose(Cases.constant(-1.5, rows, columns), out);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void putsElements(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    assertWrites(x, (write, out) -> kernels().put(buffer(x), write, out));
  }

  @Test
  default void putsAVectorIntoAMatrixOfEqualLength() {
    double[][] x = Cases.random(1, 3, 4);
    assertWrites(x, (write, out) -> kernels().put(buffer(KernelsFixture.flat(x)), write, out));
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void transposes(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    assertWrites(
        ReferenceKernels.transpose(x), (write, out) -> kernels().transpose(buffer(x), write, out));
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void multipliesElementByElement(int rows, int columns) {
    double[][] a = Cases.random(1, rows, columns);
    double[][] b = Cases.random(2, rows, columns);
    assertWrites(
        ReferenceKernels.zip(a, b, (x, y) -> x * y),
        (write, out) -> kernels().multiply(buffer(a), buffer(b), write, out));
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void addsElementByElement(int rows, int columns) {
    double[][] a = Cases.random(1, rows, columns);
    double[][] b = Cases.random(2, rows, columns);
    Buffer out = output(rows, columns);
    kernels().add(buffer(a), buffer(b), out);
    assertClose(ReferenceKernels.zip(a, b, (x, y) -> x + y), out);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void dividesElementByElement(int rows, int columns) {
    double[][] a = Cases.random(1, rows, columns);
    double[][] b = Cases.random(2, rows, columns);
    assertWrites(
        ReferenceKernels.zip(a, b, (x, y) -> x / y),
        (write, out) -> kernels().divide(buffer(a), buffer(b), write, out));
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void takesSquareRoots(int rows, int columns) {
    double[][] x = ReferenceKernels.map(Cases.random(1, rows, columns), Math::abs);
    x[0][0] = 0;
    Buffer out = output(rows, columns);
    kernels().squareRoot(buffer(x), out);
    assertClose(ReferenceKernels.map(x, Math::sqrt), out);
  }
}
