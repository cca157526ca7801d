package org.peft4j.testkit.kernel;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Extent;
import org.peft4j.kernel.HeadShape;
import org.peft4j.kernel.ImageShape;
import org.peft4j.kernel.PoolingShape;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.VisibleKeys;
import org.peft4j.kernel.Window;

/** The inputs that kernel contracts run over. */
public final class Cases {

  static final String SHAPES = "org.peft4j.testkit.kernel.Cases#shapes";
  static final String PRODUCTS = "org.peft4j.testkit.kernel.Cases#products";
  static final String ATTENTION = "org.peft4j.testkit.kernel.Cases#attention";
  static final String LONG_ATTENTION = "org.peft4j.testkit.kernel.Cases#longAttention";
  static final String CONVOLUTIONS = "org.peft4j.testkit.kernel.Cases#convolutions";
  static final String POOLINGS = "org.peft4j.testkit.kernel.Cases#poolings";
  static final String FUNCTIONS = "org.peft4j.testkit.kernel.Cases#functions";

  private Cases() {}

  /** Rows and columns: single ones, odd ones, long rows, and whole cache lines. */
  public static Stream<Arguments> shapes() {
    return Stream.of(
        arguments(1, 1),
        arguments(1, 7),
        arguments(6, 1),
        arguments(5, 3),
        arguments(4, 16),
        arguments(17, 33),
        arguments(3, 1000),
        arguments(64, 100));
  }

  /** Rows, inner extent and columns of a product. */
  public static Stream<Arguments> products() {
    return Stream.of(
        arguments(1, 1, 1),
        arguments(1, 7, 5),
        arguments(7, 1, 5),
        arguments(5, 3, 1),
        arguments(1, 9, 1),
        arguments(3, 1000, 2),
        arguments(17, 33, 29),
        arguments(64, 100, 48),
        arguments(300, 9, 20),
        arguments(9, 300, 20));
  }

  /** Every function, over few shapes: to those, all functions are one. */
  public static Stream<Arguments> functions() {
    return Stream.of(Activation.values())
        .flatMap(function -> Stream.of(arguments(function, 1, 1), arguments(function, 17, 33)));
  }

  /** Sequences that take several tiles. */
  public static Stream<AttentionShape> longAttention() {
    return Stream.of(
        AttentionShape.causal(1, 130, 4, 2, 2),
        AttentionShape.causal(3, 900, 3, 3, 2),
        new AttentionShape(
            2, 130, 130, new HeadShape(1, 1, 2), new VisibleKeys(true, new int[] {130, 61})),
        new AttentionShape(
            1, 70, 200, new HeadShape(2, 2, 2), new VisibleKeys(true, new int[] {190})),
        new AttentionShape(
            1, 70, 80, new HeadShape(1, 1, 2), new VisibleKeys(false, new int[] {80})),
        packed(200, 1, 1, new int[][] {IntStream.range(0, 200).map(i -> i / 90 * 90).toArray()}));
  }

  public static Stream<AttentionShape> attention() {
    return Stream.of(
        AttentionShape.causal(1, 1, 1, 1, 2),
        AttentionShape.causal(1, 5, 1, 1, 3),
        AttentionShape.causal(3, 7, 2, 2, 5),
        AttentionShape.causal(2, 9, 6, 2, 4),
        new AttentionShape(
            2, 4, 4, new HeadShape(4, 1, 3), new VisibleKeys(false, new int[] {4, 4})),
        new AttentionShape(
            3, 5, 5, new HeadShape(2, 2, 4), new VisibleKeys(true, new int[] {5, 2, 1})),
        new AttentionShape(
            3, 5, 5, new HeadShape(2, 1, 4), new VisibleKeys(false, new int[] {3, 5, 1})),
        new AttentionShape(
            2, 3, 8, new HeadShape(4, 2, 3), new VisibleKeys(true, new int[] {8, 6})),
        new AttentionShape(
            2, 1, 6, new HeadShape(2, 1, 8), new VisibleKeys(true, new int[] {6, 4})),
        new AttentionShape(1, 2, 7, new HeadShape(3, 3, 1), new VisibleKeys(false, new int[] {5})),
        packed(9, 2, 1, new int[][] {{0, 0, 0, 3, 3, 5, 5, 5, 5}, {0, 1, 2, 2, 2, 2, 2, 2, 2}}),
        packed(6, 4, 2, new int[][] {{0, 0, 2, 2, 2, 2}, {0, 0, 0, 0, 0, 0}, {0, 1, 1, 3, 3, 3}}),
        packed(70, 1, 1, new int[][] {IntStream.range(0, 70).map(i -> i / 35 * 35).toArray()}));
  }

  /** Sequences of several examples each; {@code starts} says where that of each position begins. */
  private static AttentionShape packed(int length, int heads, int keyValueHeads, int[][] starts) {
    int[] lengths = new int[starts.length];
    Arrays.fill(lengths, length);
    lengths[starts.length - 1] = length - 1;
    return new AttentionShape(
        starts.length,
        length,
        length,
        new HeadShape(heads, keyValueHeads, 4),
        new VisibleKeys(
            true, lengths, Arrays.stream(starts).flatMapToInt(Arrays::stream).toArray()));
  }

  /** Convolutions and numbers of images: every setting by itself, and all together. */
  public static Stream<Arguments> convolutions() {
    ImageShape image = new ImageShape(4, 5, 6);
    Extent flat = new Extent(1, 3);
    Window all = new Window(new Extent(3, 2), new Extent(2, 1), new Extent(2, 1), new Extent(1, 2));
    return Stream.of(
        arguments(new ConvolutionShape(new ImageShape(1, 1, 1), 1, Window.of(1)), 1),
        arguments(new ConvolutionShape(image, 3, Window.of(1)), 2),
        arguments(new ConvolutionShape(image, 3, Window.of(3)), 2),
        arguments(new ConvolutionShape(image, 2, Window.of(3).withPadding(1)), 1),
        arguments(new ConvolutionShape(image, 2, Window.of(2).withStride(2)), 3),
        arguments(new ConvolutionShape(image, 2, Window.of(2).withDilation(3)), 1),
        arguments(new ConvolutionShape(image, 6, Window.of(3), 2), 2),
        arguments(new ConvolutionShape(image, 8, Window.of(3).withPadding(1), 4), 1),
        arguments(new ConvolutionShape(image, 4, all, 2), 2),
        arguments(
            new ConvolutionShape(
                image, 2, new Window(flat, Extent.of(1), new Extent(0, 2), Extent.of(1))),
            1));
  }

  /** As {@link #convolutions}. */
  public static Stream<Arguments> poolings() {
    ImageShape image = new ImageShape(2, 5, 6);
    Window all = new Window(new Extent(3, 2), new Extent(2, 1), new Extent(1, 1), new Extent(1, 2));
    return Stream.of(
            Window.of(1),
            Window.of(2).withStride(2),
            Window.of(3),
            Window.of(3).withStride(2).withPadding(1),
            Window.of(2).withDilation(2),
            all)
        .flatMap(
            window ->
                Stream.of(PoolingShape.Kind.values())
                    .map(kind -> arguments(new PoolingShape(image, window, kind), 2)));
  }

  /**
   * Numbers between -2 and 2 that float32 holds exactly. None is close to zero, where the kinks of
   * piecewise functions and the poles of quotients lie.
   */
  public static double[][] random(long seed, int rows, int columns) {
    SplittableRandom random = new SplittableRandom(seed);
    double[][] values = new double[rows][columns];
    for (double[] row : values) {
      for (int j = 0; j < columns; j++) {
        double value = random.nextDouble() * 3.9 - 1.95;
        row[j] = (float) (value + Math.copySign(0.05, value));
      }
    }
    return values;
  }

  /** {@link #random} in float32. */
  public static Buffer floats(long seed, int rows, int columns) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, Shape.of(rows, columns));
    buffer.put(KernelsFixture.flat(random(seed, rows, columns)));
    return buffer;
  }

  /** One row of {@link #random(long, int, int)}. */
  public static double[] random(long seed, int length) {
    return random(seed, 1, length)[0];
  }

  /** Indices from 0 to {@code bound} (exclusive); some occur twice once there are enough. */
  public static int[] ids(long seed, int length, int bound) {
    return new SplittableRandom(seed).ints(length, 0, bound).toArray();
  }

  /** A matrix whose elements are all {@code value}. */
  public static double[][] constant(double value, int rows, int columns) {
    double[][] values = new double[rows][columns];
    for (double[] row : values) {
      Arrays.fill(row, value);
    }
    return values;
  }
}
