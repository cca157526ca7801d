package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.kernel.Blocks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.testkit.Bfloat16;
import org.peft4j.testkit.kernel.Cases;
import org.peft4j.testkit.kernel.KernelsFixture;

/** oneDNN's products beside the formula, for every way in which small factors can lie. */
class EveryProductTest {

  private static final Kernels KERNELS = new OneDnnKernels();

  private static final int SAMPLES = 100 * Integer.getInteger("peft4j.sweep", 1);

  private static final boolean[] BOTH = {false, true};

  /** Sizes, and how each operand lies: beside or below each other, as it is or transposed. */
  private record Case(
      int count,
      int rows,
      int depth,
      int columns,
      boolean besideA,
      boolean turnedA,
      boolean besideB,
      boolean turnedB,
      boolean besideOut) {}

  @ParameterizedTest
  @EnumSource(EveryAttentionTest.Width.class)
  void multipliesBlocksHoweverTheyLie(EveryAttentionTest.Width width) {
    Bfloat16.assumeComputable(width.type());
    List<String> wrong = new ArrayList<>();
    for (Case each : cases()) {
      check(width, each, wrong);
    }
    assertThat(wrong).isEmpty();
  }

  private static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (int count = 1; count <= 3; count++) {
      for (int size = 0; size < 27; size++) {
        add(cases, count, 1 + size % 3, 1 + size / 3 % 3, 1 + size / 9);
      }
    }
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < SAMPLES; i++) {
      boolean[] way = new boolean[5];
      IntStream.range(0, 5).forEach(j -> way[j] = random.nextBoolean());
      cases.add(
          of(
              random.nextInt(1, 20),
              random.nextInt(1, 70),
              random.nextInt(1, 70),
              random.nextInt(1, 70),
              way));
    }
    return cases;
  }

  private static void add(List<Case> cases, int count, int rows, int depth, int columns) {
    for (int bits = 0; bits < 32; bits++) {
      boolean[] way = new boolean[5];
      for (int j = 0; j < 5; j++) {
        way[j] = (bits >> j & 1) == 1;
      }
      cases.add(of(count, rows, depth, columns, way));
    }
  }

  private static Case of(int count, int rows, int depth, int columns, boolean[] way) {
    return new Case(count, rows, depth, columns, way[0], way[1], way[2], way[3], way[4]);
  }

  private static void check(EveryAttentionTest.Width width, Case c, List<String> wrong) {
    Blocks a = blocks(width, 1, c.count, c.rows, c.depth, c.besideA, c.turnedA);
    Blocks b = blocks(width, 2, c.count, c.depth, c.columns, c.besideB, c.turnedB);
    for (Write write : List.of(Write.set(0.5), Write.ADD)) {
      Blocks out = blocks(width, 3, c.count, c.rows, c.columns, c.besideOut, false);
      double[] expected = out.buffer().toDoubles();
      multiply(c, a, b, write, out, expected);
      KERNELS.blockTimes(a, b, write, out);
      double error = width.error(expected, out.buffer().toDoubles());
      if (error > 1) {
        wrong.add(c + " is off by " + error + " times the tolerance");
      }
    }
  }

  private static Blocks blocks(
      EveryAttentionTest.Width width,
      int seed,
      int count,
      int rows,
      int columns,
      boolean beside,
      boolean turned) {
    int lyingRows = turned ? columns : rows;
    int lyingColumns = turned ? rows : columns;
    Shape shape =
        beside
            ? Shape.of(lyingRows, count * lyingColumns)
            : Shape.of(count * lyingRows, lyingColumns);
    Buffer buffer = Buffer.allocate(width.type(), shape);
    buffer.put(KernelsFixture.flat(Cases.random(seed, shape.rows(), shape.columns())));
    Blocks blocks = beside ? Blocks.beside(buffer, count) : Blocks.below(buffer, count);
    return turned ? blocks.exchanged() : blocks;
  }

  private static void multiply(Case c, Blocks a, Blocks b, Write write, Blocks out, double[] y) {
    double[] left = a.buffer().toDoubles();
    double[] right = b.buffer().toDoubles();
    for (int block = 0; block < c.count; block++) {
      for (int i = 0; i < c.rows; i++) {
        for (int j = 0; j < c.columns; j++) {
          double sum = 0;
          for (int k = 0; k < c.depth; k++) {
            sum += left[index(a, block, i, k)] * right[index(b, block, k, j)];
          }
          int at = index(out, block, i, j);
          y[at] = (write.accumulate() ? y[at] : 0) + write.scale() * sum;
        }
      }
    }
  }

  private static int index(Blocks blocks, int block, int row, int column) {
    int down = blocks.transposed() ? column : row;
    int across = blocks.transposed() ? row : column;
    return block * blocks.distance() + down * blocks.stride() + across;
  }

  @ParameterizedTest
  @EnumSource(EveryAttentionTest.Width.class)
  void multipliesMatricesOfEverySmallSize(EveryAttentionTest.Width width) {
    Bfloat16.assumeComputable(width.type());
    List<String> wrong = new ArrayList<>();
    for (int size = 0; size < 125; size++) {
      matrices(width, 1 + size % 5, 1 + size / 5 % 5, 1 + size / 25, wrong);
    }
    SplittableRandom random = new SplittableRandom(6);
    for (int i = 0; i < SAMPLES; i++) {
      matrices(
          width,
          random.nextInt(1, 150),
          random.nextInt(1, 150),
          random.nextInt(1, random.nextInt(5) == 0 ? 600 : 150),
          wrong);
    }
    assertThat(wrong).isEmpty();
  }

  private static void matrices(
      EveryAttentionTest.Width width, int rows, int depth, int columns, List<String> wrong) {
    for (boolean turnedA : BOTH) {
      for (boolean turnedB : BOTH) {
        if (turnedA && turnedB) {
          continue;
        }
        Case c = new Case(1, rows, depth, columns, false, turnedA, false, turnedB, false);
        Blocks a = blocks(width, 1, 1, rows, depth, false, turnedA);
        Blocks b = blocks(width, 2, 1, depth, columns, false, turnedB);
        Blocks out = blocks(width, 3, 1, rows, columns, false, false);
        double[] expected = out.buffer().toDoubles();
        multiply(c, a, b, Write.add(0.5), out, expected);
        product(a, b, Write.add(0.5), out.buffer());
        double error = width.error(expected, out.buffer().toDoubles());
        if (error > 1) {
          wrong.add(c + " is off by " + error + " times the tolerance");
        }
      }
    }
  }

  private static void product(Blocks a, Blocks b, Write write, Buffer out) {
    if (a.transposed()) {
      KERNELS.transposedTimes(a.buffer(), b.buffer(), write, out);
    } else if (b.transposed()) {
      KERNELS.timesTransposed(a.buffer(), b.buffer(), write, out);
    } else {
      KERNELS.times(a.buffer(), b.buffer(), write, out);
    }
  }
}
