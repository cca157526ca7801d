package org.peft4j.onednn;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Convolution by oneDNN, in the type of the images, whatever that of the weight. */
final class OneDnnConvolution {

  /** Shapes whose arrangement is remembered. */
  private static final int REMEMBERED = 1000;

  private final OneDnn oneDnn;
  private final OneDnnElements elements;
  private final Scratch[] arranged = {new Scratch(), new Scratch(), new Scratch()};
  private final Scratch converted = new Scratch();
  private final Scratch results = new Scratch();
  private final Map<ArrangedConvolution, long[]> sizes = new ConcurrentHashMap<>();

  OneDnnConvolution(OneDnn oneDnn, OneDnnElements elements) {
    this.oneDnn = oneDnn;
    this.elements = elements;
  }

  void forward(ConvolutionShape shape, Buffer x, Buffer weight, Buffer y) {
    Convolution of = new Convolution(shape, x.rows(), x.type());
    run(of, Convolution.Pass.FORWARD, x, weight, Write.SET, y);
  }

  void inputGradient(ConvolutionShape shape, Buffer dy, Buffer weight, Write write, Buffer dx) {
    Convolution of = new Convolution(shape, dy.rows(), dy.type());
    run(of, Convolution.Pass.INPUT_GRADIENT, dy, weight, write, dx);
  }

  void weightGradient(ConvolutionShape shape, Buffer x, Buffer dy, Write write, Buffer dWeight) {
    Convolution of = new Convolution(shape, x.rows(), x.type());
    run(of, Convolution.Pass.WEIGHT_GRADIENT, x, dy, write, dWeight);
  }

  /** The second operand may be of another type than the first. */
  private void run(
      Convolution of, Convolution.Pass pass, Buffer a, Buffer b, Write write, Buffer out) {
    ArrangedConvolution arranged = new ArrangedConvolution(of, pass);
    DataType made = of.plain(pass).get(2).type();
    boolean direct = write.equals(Write.SET) && made == out.type();
    Buffer target = direct ? out : results.take(made, out.shape());
    compute(arranged, a, oneDnn.as(of.type(), b, converted), target);
    if (!direct) {
      elements.put(target, write, out);
    }
  }

  private void compute(ArrangedConvolution pass, Buffer a, Buffer b, Buffer out) {
    long[] bytes = bytes(pass);
    Operand result = plain(pass, 2, out);
    Operand made = bytes[2] == 0 ? result : room(2, bytes[2]);
    oneDnn.run(pass, arranged(pass, 0, a, bytes[0]), arranged(pass, 1, b, bytes[1]), made);
    if (bytes[2] != 0) {
      oneDnn.run(new ArrangedConvolution.Restoring(pass), made, result);
    }
  }

  private Operand arranged(ArrangedConvolution pass, int argument, Buffer x, long bytes) {
    Operand lying = plain(pass, argument, x);
    if (bytes == 0) {
      return lying;
    }
    Operand arranged = room(argument, bytes);
    oneDnn.run(new ArrangedConvolution.Arranging(pass, argument), lying, arranged);
    return arranged;
  }

  private static Operand plain(ArrangedConvolution pass, int argument, Buffer x) {
    return Operand.of(x, pass.of().plain(pass.pass()).get(argument).length());
  }

  private Operand room(int argument, long bytes) {
    Shape length = Shape.of(Math.toIntExact(bytes));
    return Operand.of(arranged[argument].take(DataType.UINT8, length).host());
  }

  private long[] bytes(ArrangedConvolution pass) {
    if (sizes.size() > REMEMBERED) {
      sizes.clear();
    }
    return sizes.computeIfAbsent(pass, oneDnn::arrangedBytes);
  }
}
