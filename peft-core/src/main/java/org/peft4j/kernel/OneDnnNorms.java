package org.peft4j.kernel;

import java.nio.FloatBuffer;

/** Normalisation by the root mean square. */
final class OneDnnNorms {

  private final OneDnn oneDnn;

  OneDnnNorms(OneDnn oneDnn) {
    this.oneDnn = oneDnn;
  }

  void rmsNorm(Buffer x, Buffer weight, double epsilon, Buffer y, Buffer inverse) {
    int n = x.rows();
    int d = x.columns();
    FloatBuffer squaresThenInverses = inverse.floats();
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
}
