package org.peft4j.init.linalg;

import org.peft4j.adapter.LowRank;
import org.peft4j.initializer.Decomposer;
import org.peft4j.initializer.Decomposition;
import org.peft4j.kernel.Buffer;

/** This package's decompositions, for methods and exports that do not know it. */
public final class LapackDecomposer implements Decomposer {

  @Override
  public Decomposition decompose(String name, Buffer matrix) {
    return decomposition(Svd.of(name, Matrix.of(matrix)));
  }

  @Override
  public Decomposition decompose(String name, Buffer matrix, Sketching sketching) {
    Sketch sketch = Sketch.of(sketching.rank(), sketching.iterations(), sketching.seed());
    return decomposition(sketch.decompose(name, Matrix.of(matrix)));
  }

  @Override
  public Decomposition decomposeProduct(String name, LowRank factors) {
    Matrix b = Matrix.of(factors.b().value());
    Matrix a = Matrix.of(factors.a().value());
    return decomposition(Svd.ofProduct(name, b, a));
  }

  private static Decomposition decomposition(Svd svd) {
    return new Decomposition(svd.u().values(), svd.singularValues(), svd.vt().values());
  }
}
