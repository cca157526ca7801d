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
    FloatBuffer squaresThenInverses = Float32.elements(inverse, n);
    oneDnn.run(
        new RootMeanSquare(n, d, (float) epsilon),
        Float32.operand(x, (long) n * d),
        Float32.operand(weight, d),
        Float32.operand(y, (long) n * d),
        Float32.operand(inverse, n));
    for (int i = 0; i < n; i++) {
      double meanSquare = squaresThenInverses.get(i);
      squaresThenInverses.put(i, (float) (1 / Math.sqrt(meanSquare + epsilon)));
    }
  }
}
