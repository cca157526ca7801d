package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Extent;
import org.peft4j.kernel.ImageShape;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.PoolingShape;
import org.peft4j.kernel.Window;
import org.peft4j.kernel.Write;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.testkit.Bfloat16;
import org.peft4j.testkit.kernel.KernelOperands;
import org.peft4j.testkit.kernel.KernelOperands.Range;

/** Convolution and pooling beside the plain kernels in float64, for every small shape. */
class EveryImageTest {

  private static final Kernels FAST = new OneDnnKernels();
  private static final Kernels EXACT = new PlainKernels();
  private static final int SAMPLES = 10 * Integer.getInteger("peft4j.sweep", 1);

  private static final int[][] IMAGES = {{1, 3}, {2, 2}, {5, 4}};
  private static final int[][] SIZES = {{1, 1}, {1, 3}, {2, 2}, {3, 3}};
  private static final int[][] STRIDES = {{1, 1}, {2, 3}};
  private static final int[][] PADDINGS = {{0, 0}, {1, 1}, {0, 2}};
  private static final int[][] DILATIONS = {{1, 1}, {1, 2}};

  /** What is computed of some images. */
  @FunctionalInterface
  private interface Call {
    void run(Kernels k, KernelOperands o, Write write);
  }

  @ParameterizedTest
  @EnumSource(EveryAttentionTest.Width.class)
  void convolvesAsThePlainKernels(EveryAttentionTest.Width width) {
    Bfloat16.assumeComputable(width.type());
    List<String> wrong = new ArrayList<>();
    for (Window window : windows()) {
      for (int[] size : IMAGES) {
        for (int groups = 1; groups <= 2; groups++) {
          ImageShape image = new ImageShape(2 * groups, size[0], size[1]);
          if (fits(window, image)) {
            compare(new ConvolutionShape(image, 3 * groups, window, groups), 2, width, wrong);
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(EveryAttentionTest.Width.class)
  void convolvesLargerImagesAsThePlainKernels(EveryAttentionTest.Width width) {
    Bfloat16.assumeComputable(width.type());
    List<String> wrong = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < SAMPLES; i++) {
      int groups = random.nextInt(4) == 0 ? random.nextInt(1, 9) : 1;
      ImageShape image =
          new ImageShape(
              groups * random.nextInt(1, 9), random.nextInt(6, 20), random.nextInt(6, 20));
      Window window =
          new Window(
              extent(random, 1, 4),
              extent(random, 1, 3),
              extent(random, 0, 3),
              extent(random, 1, 3));
      int out = groups * random.nextInt(1, 9);
      compare(new ConvolutionShape(image, out, window, groups), random.nextInt(1, 5), width, wrong);
    }
    assertThat(wrong).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(EveryAttentionTest.Width.class)
  void poolsAsThePlainKernels(EveryAttentionTest.Width width) {
    Bfloat16.assumeComputable(width.type());
    List<String> wrong = new ArrayList<>();
    for (Window window : windows()) {
      for (int[] size : IMAGES) {
        ImageShape image = new ImageShape(3, size[0], size[1]);
        for (PoolingShape.Kind kind : PoolingShape.Kind.values()) {
          poolable(image, window, kind).forEach(shape -> compare(shape, width, wrong));
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static Stream<PoolingShape> poolable(
      ImageShape image, Window window, PoolingShape.Kind kind) {
    try {
      return Stream.of(new PoolingShape(image, window, kind));
    } catch (IllegalArgumentException noneThere) {
      return Stream.of();
    }
  }

  private static boolean fits(Window window, ImageShape image) {
    try {
      window.over(image);
      return true;
    } catch (IllegalArgumentException tooLarge) {
      return false;
    }
  }

  private static List<Window> windows() {
    List<Window> windows = new ArrayList<>();
    for (int[] size : SIZES) {
      for (int[] stride : STRIDES) {
        for (int[] padding : PADDINGS) {
          for (int[] dilation : DILATIONS) {
            windows.add(
                new Window(extent(size), extent(stride), extent(padding), extent(dilation)));
          }
        }
      }
    }
    return windows;
  }

  private static Extent extent(int[] both) {
    return new Extent(both[0], both[1]);
  }

  private static Extent extent(SplittableRandom random, int from, int to) {
    return new Extent(random.nextInt(from, to), random.nextInt(from, to));
  }

  private static void compare(
      ConvolutionShape shape, int n, EveryAttentionTest.Width width, List<String> wrong) {
    int in = shape.in().length();
    int out = shape.out().length();
    int rows = shape.weight().rows();
    int columns = shape.weight().columns();
    compare(
        (k, o, write) -> {
          Buffer x = o.matrix(n, in);
          Buffer weight = o.matrix(rows, columns);
          Buffer dy = o.matrix(n, out);
          k.convolution(shape, x, weight, o.result(n, out));
          k.convolutionInputGradient(shape, dy, weight, write, o.result(n, in));
          k.convolutionWeightGradient(shape, x, dy, write, o.result(rows, columns));
        },
        width,
        "%d images, %s".formatted(n, shape),
        wrong);
  }

  private static void compare(
      PoolingShape shape, EveryAttentionTest.Width width, List<String> wrong) {
    compare(
        (k, o, write) -> {
          Buffer x = o.matrix(2, shape.in().length());
          Buffer dy = o.matrix(2, shape.out().length());
          k.pool(shape, x, o.result(2, shape.out().length()));
          k.poolBackward(shape, x, dy, write, o.result(2, shape.in().length()));
        },
        width,
        shape.toString(),
        wrong);
  }

  private static void compare(
      Call call, EveryAttentionTest.Width width, String what, List<String> wrong) {
    for (int shift : new int[] {0, 3}) {
      Write write = shift == 0 ? Write.SET : Write.add(0.5);
      DataType type = width.type();
      KernelOperands fast = new KernelOperands(type, type, shift, Range.ORDINARY, what.hashCode());
      KernelOperands exact =
          new KernelOperands(type, DataType.FLOAT64, shift, Range.ORDINARY, what.hashCode());
      call.run(FAST, fast, write);
      call.run(EXACT, exact, write);
      for (int i = 0; i < exact.results().size(); i++) {
        if (width.error(exact.results().get(i), fast.results().get(i)) > 1) {
          wrong.add("result %d of %s, shifted by %d".formatted(i, what, shift));
        }
      }
    }
  }
}
