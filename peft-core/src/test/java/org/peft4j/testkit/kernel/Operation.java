package org.peft4j.testkit.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.HeadShape;
import org.peft4j.kernel.ImageShape;
import org.peft4j.kernel.PoolingShape;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.VisibleKeys;
import org.peft4j.kernel.Window;
import org.peft4j.tensor.Rotary;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * One operation of a tape with the inputs to try it on, all of which it should pass gradients to.
 *
 * @param name what test reports call it
 * @param shapes of the inputs
 * @param function the operation; an input that it writes into it has to make a value of first
 */
public record Operation(String name, List<Shape> shapes, Function function) {

  /** Computes the operation's output. */
  @FunctionalInterface
  public interface Function {
    Tensor apply(Tape t, List<Tensor> inputs);
  }

  private static final int[] IDS = {4, 0, 4, 2, 1, 4};
  private static final int[] LABELS = {2, -1, 0, 4};

  /** Two sequences of three, the second with one position of padding; 4 heads share 2. */
  private static final AttentionShape PADDED =
      new AttentionShape(2, 3, 3, new HeadShape(4, 2, 6), new VisibleKeys(true, new int[] {3, 2}));

  /** One query after four keys, as in generation. */
  private static final AttentionShape LATER =
      new AttentionShape(1, 1, 4, new HeadShape(2, 1, 4), new VisibleKeys(true, new int[] {4}));

  /** Two examples in one sequence, then one and some padding. */
  private static final AttentionShape PACKED =
      new AttentionShape(
          2,
          4,
          4,
          new HeadShape(4, 2, 3),
          new VisibleKeys(true, new int[] {4, 3}, new int[] {0, 0, 2, 2, 0, 0, 0, 0}));

  private static final AttentionShape FREE =
      new AttentionShape(2, 3, 5, new HeadShape(2, 2, 4), new VisibleKeys(false, new int[] {5, 3}));

  /** Every differentiable operation there is. */
  public static List<Operation> all() {
    List<Operation> all = new ArrayList<>();
    products(all);
    elements(all);
    functions(all);
    parts(all);
    inPlace(all);
    all.add(of("rmsNorm", (t, in) -> t.rmsNorm(in.get(0), in.get(1), 1e-5), dims(3, 7), dims(7)));
    all.add(
        of(
            "rmsNorm of parts",
            (t, in) -> t.rmsNorm(in.get(0), in.get(1), 1e-5),
            dims(3, 8),
            dims(4)));
    all.add(
        of(
            "layerNorm",
            (t, in) -> t.layerNorm(in.get(0), in.get(1), in.get(2), 1e-5),
            dims(3, 7),
            dims(7),
            dims(7)));
    attention(all);
    tokens(all);
    images(all);
    return all;
  }

  private static void products(List<Operation> all) {
    all.add(of("linear", (t, in) -> t.linear(in.get(0), in.get(1)), dims(3, 7), dims(5, 7)));
    all.add(
        of(
            "linear, frozen weight",
            (t, in) -> t.linear(in.get(0), frozen(t, in.get(0), 5, 7)),
            dims(3, 7)));
    all.add(
        of("linear of one row", (t, in) -> t.linear(in.get(0), in.get(1)), dims(1, 3), dims(1, 3)));
    all.add(of("matmul", (t, in) -> t.matmul(in.get(0), in.get(1)), dims(3, 7), dims(7, 5)));
    all.add(
        of(
            "blockMatmul",
            (t, in) -> t.blockMatmul(in.get(0), in.get(1), 3),
            dims(3 * 2, 4),
            dims(3, 4, 5)));
    all.add(
        of(
            "blockMatmul of blocks beside each other",
            (t, in) -> t.blockMatmul(in.get(0), in.get(1), 3),
            dims(3 * 2, 2 * 4),
            dims(3, 4, 5)));
    all.add(
        of(
            "blockLinear",
            (t, in) -> t.blockLinear(in.get(0), in.get(1)),
            dims(7, 3 * 4),
            dims(3, 5, 4)));
  }

  private static void elements(List<Operation> all) {
    all.add(of("add", (t, in) -> t.add(in.get(0), in.get(1)), dims(3, 5), dims(3, 5)));
    all.add(of("sub", (t, in) -> t.sub(in.get(0), in.get(1)), dims(3, 5), dims(3, 5)));
    all.add(of("div", (t, in) -> t.div(in.get(0), positive(t, in.get(1))), dims(3, 5), dims(3, 5)));
    all.add(of("mul", (t, in) -> t.mul(in.get(0), in.get(1)), dims(3, 5), dims(3, 5)));
    all.add(of("mul by a row", (t, in) -> t.mul(in.get(0), in.get(1)), dims(3, 5), dims(5)));
    all.add(of("square", (t, in) -> t.mul(in.get(0), in.get(0)), dims(3, 5)));
    all.add(
        of(
            "mulBoth",
            (t, in) -> t.mulBoth(in.get(0), in.get(1), in.get(2)),
            dims(3, 5),
            dims(3),
            dims(5)));
    all.add(of("scale", (t, in) -> t.scale(in.get(0), -1.7), dims(3, 5)));
    all.add(
        of(
            "divideByConstant",
            (t, in) -> t.divideByConstant(in.get(0), constant(in.get(0), 3, 5)),
            dims(3, 5)));
    all.add(of("reshape", (t, in) -> t.reshape(in.get(0), 2, 9), dims(3, 6)));
    all.add(of("transpose", (t, in) -> t.transpose(in.get(0)), dims(3, 7)));
    for (int r : new int[] {1, 3, 4, 7, 9}) {
      all.add(of("sumTiles of " + r, (t, in) -> t.sumTiles(in.get(0), r), dims(3, 7)));
    }
    for (Activation function : Activation.values()) {
      all.add(of("activate " + function, (t, in) -> t.activate(function, in.get(0)), dims(3, 5)));
    }
    all.add(of("logSigmoid", (t, in) -> t.logSigmoid(in.get(0)), dims(3, 5)));
    all.add(of("siluGate", (t, in) -> t.siluGate(in.get(0), in.get(1)), dims(3, 5), dims(3, 5)));
    all.add(of("siluGate of itself", (t, in) -> t.siluGate(in.get(0), in.get(0)), dims(3, 5)));
    all.add(of("dropout", (t, in) -> dropout(t, in.get(0)), dims(5, 7)));
    all.add(
        of(
            "meanSquaredError",
            (t, in) -> t.meanSquaredError(in.get(0), constant(in.get(0), 3, 5)),
            dims(3, 5)));
  }

  private static void functions(List<Operation> all) {
    all.add(of("exp", (t, in) -> t.exp(in.get(0)), dims(3, 5)));
    all.add(of("log", (t, in) -> t.log(positive(t, in.get(0))), dims(3, 5)));
    all.add(of("sqrt", (t, in) -> t.sqrt(positive(t, in.get(0))), dims(3, 5)));
    all.add(of("softmax", (t, in) -> t.softmax(in.get(0)), dims(3, 5)));
    all.add(of("softmax over a third axis", (t, in) -> t.softmax(in.get(0)), dims(2, 3, 4)));
    all.add(of("logSoftmax", (t, in) -> t.logSoftmax(in.get(0)), dims(3, 5)));
    all.add(of("sum", (t, in) -> t.sum(in.get(0)), dims(3, 5)));
    all.add(of("mean", (t, in) -> t.mean(in.get(0)), dims(3, 5)));
    for (int axis = 0; axis < 2; axis++) {
      int along = axis;
      all.add(of("sum over axis " + axis, (t, in) -> t.sum(in.get(0), along), dims(3, 5)));
      all.add(of("mean over axis " + axis, (t, in) -> t.mean(in.get(0), along), dims(3, 5)));
    }
    all.add(of("mean over a middle axis", (t, in) -> t.mean(in.get(0), 1), dims(2, 3, 4)));
  }

  private static void parts(List<Operation> all) {
    for (int axis = 0; axis < 3; axis++) {
      int along = axis;
      int[] longer = {2, 3, 4};
      longer[axis] += 2;
      all.add(
          of(
              "concat along axis " + axis,
              (t, in) -> t.concat(in, along),
              dims(2, 3, 4),
              dims(longer)));
      all.add(
          of("slice of axis " + axis, (t, in) -> t.slice(in.get(0), along, 1, 3), dims(longer)));
    }
    all.add(
        of(
            "concat of columns, one twice",
            (t, in) -> t.concat(List.of(in.get(0), in.get(1), in.get(0)), 1),
            dims(3, 2),
            dims(3, 4)));
    all.add(of("slice of columns", (t, in) -> t.slice(in.get(0), 1, 2, 5), dims(3, 7)));
  }

  /** {@code 1 + x²}. */
  private static Tensor positive(Tape t, Tensor x) {
    return t.add(t.mul(x, x), ones(x, x.shape().dims()));
  }

  /** What is written into carries a gradient before, or does not. */
  private static void inPlace(List<Operation> all) {
    Function linear = (t, in) -> t.addLinear(t.scale(in.get(2), 3), in.get(0), in.get(1), -0.5);
    all.add(of("addLinear", linear, dims(3, 7), dims(5, 7), dims(3, 5)));
    Function matmul = (t, in) -> t.addMatmul(t.scale(in.get(2), 3), in.get(0), in.get(1), -0.5);
    all.add(of("addMatmul", matmul, dims(3, 7), dims(7, 5), dims(3, 5)));
    all.add(
        of(
            "addLinear to a constant",
            (t, in) -> t.addLinear(fresh(t, in.get(0), 3, 5), in.get(0), in.get(1), -0.5),
            dims(3, 7),
            dims(5, 7)));
    all.add(
        of(
            "addLinear of a constant",
            (t, in) ->
                t.addLinear(fresh(t, in.get(0), 3, 5), constant(in.get(0), 3, 7), in.get(0), 2),
            dims(5, 7)));
    all.add(
        of(
            "addInto",
            (t, in) -> t.addInto(t.scale(in.get(0), 3), in.get(1), -0.5),
            dims(3, 5),
            dims(3, 5)));
    all.add(
        of(
            "addInto a constant",
            (t, in) -> t.addInto(fresh(t, in.get(0), 3, 5), in.get(0), -0.5),
            dims(3, 5)));
    all.add(
        of(
            "addInto itself",
            (t, in) -> {
              Tensor y = t.scale(in.get(0), 3);
              return t.addInto(y, y, -0.5);
            },
            dims(3, 5)));
    all.add(
        of(
            "addBias",
            (t, in) -> t.addBias(t.scale(in.get(0), 3), in.get(1), 1),
            dims(3, 5),
            dims(5)));
    all.add(
        of(
            "addBias, scaled, to a constant",
            (t, in) -> t.addBias(fresh(t, in.get(0), 3, 5), in.get(0), -0.5),
            dims(5)));
    all.add(
        of(
            "addTiled",
            (t, in) -> t.addTiled(t.scale(in.get(0), 3), in.get(1), -0.5),
            dims(3, 7),
            dims(3, 2)));
    all.add(
        of(
            "addTiled to a constant",
            (t, in) -> t.addTiled(fresh(t, in.get(0), 3, 6), in.get(0), 2),
            dims(3, 3)));
    all.add(
        of(
            "rotate",
            (t, in) -> {
              Tensor y = t.scale(in.get(0), 3);
              return t.add(t.scale(in.get(0), 0.3), t.rotate(y, rotary(t)));
            },
            dims(3, 8)));
    all.add(
        of(
            "in place after in place",
            Operation::chain,
            dims(3, 5),
            dims(3, 7),
            dims(5, 7),
            dims(5)));
  }

  private static Tensor chain(Tape t, List<Tensor> in) {
    Tensor y = t.addInto(fresh(t, in.get(0), 3, 5), in.get(0), 2);
    y = t.addLinear(y, in.get(1), in.get(2), 0.5);
    return t.addBias(y, in.get(3), -1);
  }

  private static void attention(List<Operation> all) {
    for (AttentionShape shape : List.of(PADDED, LATER, PACKED, FREE)) {
      Function attention = (t, in) -> t.attention(shape, in.get(0), in.get(1), in.get(2));
      int queries = shape.batch() * shape.queries();
      int keys = shape.batch() * shape.keys();
      int narrow = shape.keyValueHeads() * shape.headSize();
      all.add(
          of(
              "attention of " + queries + " to " + keys,
              attention,
              dims(queries, shape.heads() * shape.headSize()),
              dims(keys, narrow),
              dims(keys, narrow)));
    }
    AttentionShape own = AttentionShape.causal(1, 3, 2, 2, 4);
    all.add(
        of(
            "attention to itself",
            (t, in) -> t.attention(own, in.get(0), in.get(0), in.get(0)),
            dims(3, 8)));
  }

  private static void tokens(List<Operation> all) {
    all.add(of("gather", (t, in) -> t.gather(in.get(0), IDS), dims(5, 3)));
    all.add(
        of(
            "assemble",
            (t, in) -> t.assemble(in, List.of(new int[] {3, 0}, new int[] {1, 4, 2}), 5),
            dims(2, 3),
            dims(3, 3)));
    all.add(
        of(
            "sumGroups",
            (t, in) -> t.sumGroups(in.get(0), new int[] {2, 0, 2, 2, 0}, 4),
            dims(5, 3)));
    all.add(of("logProbabilities", (t, in) -> t.logProbabilities(in.get(0), LABELS), dims(4, 5)));
    all.add(of("crossEntropySum", (t, in) -> t.crossEntropySum(in.get(0), LABELS), dims(4, 5)));
    for (int atOnce : new int[] {1, 2, 64}) {
      chunkedLosses(all, atOnce);
    }
  }

  private static void images(List<Operation> all) {
    ImageShape image = new ImageShape(2, 4, 5);
    Window window = Window.of(3).withStride(2).withPadding(1);
    for (int groups : new int[] {1, 2}) {
      ConvolutionShape shape = new ConvolutionShape(image, 4, window, groups);
      all.add(
          of(
              "convolution, groups " + groups,
              (t, in) -> t.convolution(shape, in.get(0), in.get(1)),
              dims(3, image.length()),
              shape.weight()));
    }
    ConvolutionShape dilated = new ConvolutionShape(image, 3, Window.of(2).withDilation(2));
    all.add(
        of(
            "convolution of four axes",
            (t, in) -> t.convolution(dilated, in.get(0), in.get(1)),
            dims(2, 2, 4, 5),
            dims(3, 2, 2, 2)));
    all.add(
        of(
            "addChannelBias",
            (t, in) -> t.addChannelBias(t.scale(in.get(0), 3), in.get(1)),
            dims(3, 8),
            dims(2)));
    for (PoolingShape.Kind kind : PoolingShape.Kind.values()) {
      PoolingShape shape = new PoolingShape(image, window, kind);
      all.add(of("pool " + kind, (t, in) -> t.pool(shape, in.get(0)), dims(3, image.length())));
    }
  }

  /** Behind a frozen layer, and behind one that trains. */
  private static void chunkedLosses(List<Operation> all, int atOnce) {
    String name = " in chunks of " + atOnce;
    all.add(
        of(
            "crossEntropySum" + name,
            (t, in) ->
                t.crossEntropySum(
                    in.get(0), LABELS, atOnce, rows -> t.linear(rows, frozen(t, in.get(0), 5, 3))),
            dims(4, 3)));
    all.add(
        of(
            "crossEntropySum, layer trains," + name,
            (t, in) -> t.crossEntropySum(in.get(0), LABELS, atOnce, rows -> layer(t, rows, in)),
            dims(4, 3),
            dims(5, 3),
            dims(5)));
    all.add(
        of(
            "logProbabilities" + name,
            (t, in) ->
                t.logProbabilities(
                    in.get(0), LABELS, atOnce, rows -> t.linear(rows, frozen(t, in.get(0), 5, 3))),
            dims(4, 3)));
    all.add(
        of(
            "logProbabilities, layer trains," + name,
            (t, in) -> t.logProbabilities(in.get(0), LABELS, atOnce, rows -> layer(t, rows, in)),
            dims(4, 3),
            dims(5, 3),
            dims(5)));
  }

  private static Tensor layer(Tape t, Tensor rows, List<Tensor> in) {
    return t.addBias(t.linear(rows, in.get(1)), in.get(2), 1);
  }

  /** A weighted sum of all elements of the output: a scalar that every element counts in. */
  public Tensor loss(Tape t, List<Tensor> inputs) {
    return sum(t, function.apply(t, inputs));
  }

  private static Tensor sum(Tape t, Tensor y) {
    int[] dims = y.shape().dims();
    if (dims.length == 0) {
      return t.scale(y, 0.7);
    }
    Tensor weighted = t.mul(y, constant(y, dims));
    Tensor rows = t.matmul(ones(y, 1, y.shape().rows()), weighted);
    return t.linear(rows, ones(y, 1, y.shape().columns()));
  }

  /** Normally distributed numbers for the inputs; the same for every call. */
  public List<double[]> numbers() {
    Random random = new Random(17);
    return shapes.stream().map(shape -> normal(random, shape)).toList();
  }

  public static Buffer buffer(DataType type, Shape shape, double[] numbers) {
    Buffer buffer = Buffer.allocate(type, shape);
    buffer.put(numbers);
    return buffer;
  }

  private static Operation of(String name, Function function, Shape... shapes) {
    return new Operation(name, List.of(shapes), function);
  }

  private static Shape dims(int... dims) {
    return Shape.of(dims);
  }

  private static Tensor dropout(Tape t, Tensor x) {
    t.seed(3);
    return t.dropout(x, 0.4);
  }

  /** A value of the tape that requires no gradient. */
  private static Tensor fresh(Tape t, Tensor like, int... dims) {
    return t.scale(constant(like, dims), 1);
  }

  private static FrozenWeight frozen(Tape t, Tensor like, int... dims) {
    return t.kernels().freeze(t.kernels().place(constant(like, dims).value()));
  }

  /** Numbers around one, away from zero. */
  private static Tensor constant(Tensor like, int... dims) {
    double[] numbers = normal(new Random(23), Shape.of(dims));
    Arrays.setAll(numbers, i -> 1 + 0.3 * Math.sin(numbers[i]));
    return Tensor.of(buffer(like.type(), Shape.of(dims), numbers));
  }

  private static Tensor ones(Tensor like, int... dims) {
    double[] ones = new double[Math.toIntExact(Shape.of(dims).length())];
    Arrays.fill(ones, 1);
    return Tensor.of(buffer(like.type(), Shape.of(dims), ones));
  }

  private static double[] normal(Random random, Shape shape) {
    return IntStream.range(0, Math.toIntExact(shape.length()))
        .mapToDouble(i -> random.nextGaussian())
        .toArray();
  }

  private static Rotary rotary(Tape t) {
    float[] cosines = new float[12];
    float[] sines = new float[12];
    for (int i = 0; i < 12; i++) {
      double angle = i / 2 * (0.3 + i % 2);
      cosines[i] = (float) Math.cos(angle);
      sines[i] = (float) Math.sin(angle);
    }
    return new Rotary(Tensor.of(cosines, 6, 2), Tensor.of(sines, 6, 2), 4, t.indices(2, 0, 5));
  }

  @Override
  public String toString() {
    return name;
  }
}
