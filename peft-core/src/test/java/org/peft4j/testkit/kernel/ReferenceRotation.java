package org.peft4j.testkit.kernel;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Rotation;
import org.peft4j.kernel.Shape;

/**
 * A rotation on the heap.
 *
 * @param cosines [positions, headSize / 2]
 * @param sines [positions, headSize / 2]
 * @param headSize width of one head
 * @param positions position of each row
 */
public record ReferenceRotation(float[][] cosines, float[][] sines, int headSize, int[] positions) {

  /** The rotation where {@code kernels} read it. */
  public Rotation on(Kernels kernels) {
    return new Rotation(
        placed(cosines, kernels), placed(sines, kernels), headSize, kernels.indices(positions));
  }

  private static Buffer placed(float[][] table, Kernels kernels) {
    Shape shape = Shape.of(table.length, table[0].length);
    Buffer placed = kernels.buffer(DataType.FLOAT32, shape);
    placed.put(
        Arrays.stream(table)
            .flatMapToDouble(row -> IntStream.range(0, row.length).mapToDouble(j -> row[j]))
            .toArray());
    return placed;
  }
}
