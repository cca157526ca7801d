package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HeadShape;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.VisibleKeys;
import org.peft4j.testkit.Bfloat16;

/**
 * oneDNN's attention against the formula, over every small combination of sizes and a seeded sample
 * of larger ones. Which layouts a library misreads cannot be guessed: a batch of as many sequences
 * as positions once gave garbage.
 */
class EveryAttentionTest {

  private static final Kernels KERNELS = new OneDnnKernels();

  /** {@code -Dpeft4j.sweep=20} draws twenty times as many of the larger ones. */
  private static final int SAMPLES = 40 * Integer.getInteger("peft4j.sweep", 1);

  private static final int[] HEAD_SIZES = {1, 2, 5};

  /** What can be computed with oneDNN. */
  enum Width {
    FLOAT32(DataType.FLOAT32, 1e-5),
    BFLOAT16(DataType.BFLOAT16, 3e-2);

    private final DataType type;
    private final double tolerance;

    Width(DataType type, double tolerance) {
      this.type = type;
      this.tolerance = tolerance;
    }

    DataType type() {
      return type;
    }

    /** The largest error, where 1 is what rounding may do. */
    double error(double[] expected, double[] actual) {
      double largest = 1;
      double error = 0;
      for (int i = 0; i < expected.length; i++) {
        largest = Math.max(largest, Math.abs(expected[i]));
        double difference = Math.abs(expected[i] - actual[i]);
        error = Math.max(error, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
      }
      return error / (tolerance * largest);
    }
  }

  @ParameterizedTest
  @EnumSource(Width.class)
  void agreesWithTheFormulaForEverySmallShape(Width width) {
    Bfloat16.assumeComputable(width.type());
    assertThat(wrong(width, small())).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Width.class)
  void agreesWithTheFormulaForLargerShapes(Width width) {
    Bfloat16.assumeComputable(width.type());
    SplittableRandom random = new SplittableRandom(1311);
    assertThat(wrong(width, Stream.generate(() -> larger(random)).limit(SAMPLES))).isEmpty();
  }

  private static List<String> wrong(Width width, Stream<AttentionShape> shapes) {
    return shapes
        .map(shape -> new AttentionCheck(KERNELS, width, shape))
        .flatMap(check -> check.mistakes().stream())
        .toList();
  }

  /** Masks take turns: they change what is hidden, not how anything lies. */
  private static Stream<AttentionShape> small() {
    List<AttentionShape> all = new ArrayList<>();
    for (int batch = 1; batch <= 5; batch++) {
      for (int queries = 1; queries <= 5; queries++) {
        for (int more : new int[] {0, 3}) {
          for (int heads = 1; heads <= 3; heads++) {
            for (int groups = 1; groups <= 3; groups++) {
              for (int size : HEAD_SIZES) {
                int keys = queries + more;
                SplittableRandom random = new SplittableRandom(all.size());
                all.add(masked(random, batch, queries, keys, heads, groups, size));
              }
            }
          }
        }
      }
    }
    return all.stream();
  }

  /** Half of them have as many sequences as positions. */
  private static AttentionShape larger(SplittableRandom random) {
    int batch = random.nextInt(1, 34);
    int queries = random.nextBoolean() ? batch : random.nextInt(1, 80);
    int keys = queries + random.nextInt(0, 3) * random.nextInt(0, 40);
    int size = 1 << random.nextInt(0, 7);
    return masked(random, batch, queries, keys, random.nextInt(1, 5), random.nextInt(1, 4), size);
  }

  private static AttentionShape masked(
      SplittableRandom random,
      int batch,
      int queries,
      int keys,
      int heads,
      int groups,
      int headSize) {
    boolean causal = random.nextInt(4) > 0;
    int[] lengths = new int[batch];
    Arrays.setAll(lengths, b -> random.nextBoolean() ? keys : random.nextInt(1, keys + 1));
    boolean packed = causal && keys == queries && random.nextInt(3) == 0;
    return new AttentionShape(
        batch,
        queries,
        keys,
        new HeadShape(heads * groups, heads, headSize),
        new VisibleKeys(causal, lengths, packed ? starts(random, batch, queries) : new int[0]));
  }

  private static int[] starts(SplittableRandom random, int batch, int queries) {
    int[] starts = new int[batch * queries];
    for (int i = 0; i < starts.length; i++) {
      boolean begins = i % queries == 0 || random.nextInt(3) == 0;
      starts[i] = begins ? i % queries : starts[i - 1];
    }
    return starts;
  }
}
