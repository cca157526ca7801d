package org.peft4j.onednn;

import java.nio.FloatBuffer;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Normalisation by the root mean square. */
final class OneDnnNorms {

  private final OneDnn oneDnn;
  private final OneDnnElements elements;
  private final OneDnnProducts products;
  private final Scratch inputs = new Scratch();
  private final Scratch gradients = new Scratch();
  private final Scratch slopes = new Scratch();
  private final Scratch factors = new Scratch();

  OneDnnNorms(OneDnn oneDnn, OneDnnElements elements, OneDnnProducts products) {
    this.oneDnn = oneDnn;
    this.elements = elements;
    this.products = products;
  }

  void rmsNorm(Buffer x, Buffer weight, double epsilon, Buffer y, Buffer inverse) {
    int n = x.rows();
    int d = x.columns();
    FloatBuffer squaresThenInverses = FloatView.floats(inverse);
    oneDnn.run(
        new RootMeanSquare(Layout.matrix(x.type(), n, d), y.type(), (float) epsilon),
        Operand.of(x, (long) n * d),
        Operand.of(weight, d),
        Operand.of(y, (long) n * d),
        Operand.of(inverse, n));
    for (int i = 0; i < n; i++) {
      double meanSquare = squaresThenInverses.get(i);
      squaresThenInverses.put(i, (float) (1 / Math.sqrt(meanSquare + epsilon)));
    }
  }

  /** With {@code g = dy ∘ weight}, row by row: {@code inverse · g − inverse³ · mean(x ∘ g) · x}. */
  void rmsNormBackward(Buffer x, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx) {
    Buffer in = oneDnn.as(DataType.FLOAT32, x, inputs);
    Buffer dOut = oneDnn.as(DataType.FLOAT32, dy, gradients);
    Buffer g = slopes.take(DataType.FLOAT32, x.shape());
    boolean direct = dx.type() == DataType.FLOAT32;
    Buffer target = direct ? dx : g;
    Write toTarget = direct ? write : Write.SET;

    Buffer column = factors.take(DataType.FLOAT32, Shape.of(x.rows()));
    products.dotRows(in, dOut, weight, Write.SET, column);
    toFactorsOfX(
        FloatView.floats(column), FloatView.floats(inverse), toTarget.scale() / x.columns());
    elements.combineRow(algorithm.binary_mul, dOut, weight, Write.SET, g);
    elements.combineColumn(algorithm.binary_mul, g, inverse, toTarget, target);
    elements.combineColumn(algorithm.binary_mul, in, column, Write.ADD, target);
    if (!direct) {
      elements.put(target, write, dx);
    }
  }

  private static void toFactorsOfX(FloatBuffer sums, FloatBuffer inverses, double scale) {
    for (int i = 0; i < sums.limit(); i++) {
      double inverse = inverses.get(i);
      sums.put(i, (float) (-scale * inverse * inverse * inverse * sums.get(i)));
    }
  }
}
