package org.peft4j.onednn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HeadShape;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.VisibleKeys;
import org.peft4j.testkit.kernel.Cases;

class OneDnnKeptWeightsTest {

  private static final Kernels KERNELS = new OneDnnKernels();

  static Stream<AttentionShape> shapes() {
    return Stream.of(
        AttentionShape.causal(3, 9, 4, 2, 4),
        AttentionShape.causal(2, 150, 4, 2, 40),
        AttentionShape.causal(9, 256, 8, 8, 64),
        new AttentionShape(
            2, 130, 130, new HeadShape(2, 1, 33), new VisibleKeys(true, new int[] {130, 61})),
        new AttentionShape(
            2, 70, 80, new HeadShape(2, 2, 20), new VisibleKeys(false, new int[] {80, 3})));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void givesTheGradientsOfWeightsThatAreComputedAgain(AttentionShape shape) {
    AttentionInput input = random(shape, 1);
    Buffer dOut = random(shape, 5).queries();
    Buffer weights = kept(KERNELS.keptWeights(shape, DataType.FLOAT32));
    KERNELS.attention(shape, input, random(shape, 9).queries(), weights);
    AttentionInput expected = random(shape, 13);
    KERNELS.attentionBackward(shape, input, dOut, expected, null);
    AttentionInput actual = random(shape, 17);
    KERNELS.attentionBackward(shape, input, dOut, actual, weights);
    assertArrayEquals(expected.queries().toDoubles(), actual.queries().toDoubles());
    assertArrayEquals(expected.keys().toDoubles(), actual.keys().toDoubles());
    assertArrayEquals(expected.values().toDoubles(), actual.values().toDoubles());
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void areNotMoreThanWhatIsLookedAt(AttentionShape shape) {
    long kept = KERNELS.keptWeights(shape, DataType.FLOAT32);
    long queries = (long) shape.batch() * shape.queries() * shape.heads() * shape.headSize();
    assertTrue(kept > 0 && kept <= 4 * queries, kept + " weights for " + queries + " numbers");
  }

  @Test
  void areNotKeptOfLongTextsNorInBfloat16() {
    AttentionShape shape = AttentionShape.causal(1, 257, 8, 8, 64);
    assertEquals(0, KERNELS.keptWeights(shape, DataType.FLOAT32));
    shape = AttentionShape.causal(1, 256, 8, 8, 64);
    assertEquals(0, KERNELS.keptWeights(shape, DataType.BFLOAT16));
  }

  private static Buffer kept(long length) {
    return Buffer.allocate(DataType.FLOAT32, Shape.of(Math.toIntExact(length)));
  }

  private static AttentionInput random(AttentionShape shape, int seed) {
    int queries = shape.batch() * shape.queries();
    int keys = shape.batch() * shape.keys();
    int narrow = shape.keyValueHeads() * shape.headSize();
    return new AttentionInput(
        Cases.floats(seed, queries, shape.heads() * shape.headSize()),
        Cases.floats(seed + 1, keys, narrow),
        Cases.floats(seed + 2, keys, narrow));
  }
}
