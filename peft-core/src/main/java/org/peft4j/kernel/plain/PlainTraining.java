package org.peft4j.kernel.plain;

import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;

/** What an optimizer needs. */
interface PlainTraining extends Kernels {

  @Override
  default void adamW(Buffer parameters, Buffer gradients, Buffer m, Buffer v, AdamWStep step) {
    Matrix g = Matrix.of(gradients);
    Matrix mean = mix(step.beta1(), Matrix.of(m), g);
    Matrix square = mix(step.beta2(), Matrix.of(v), g.map(slope -> slope * slope));
    Matrix move =
        square
            .map(s -> Math.sqrt(s) * step.rootCorrection() + step.epsilon())
            .with(mean, (root, u) -> step.correctedRate() * u / root);
    double kept = 1 - step.learningRate() * step.weightDecay();
    Matrix.of(parameters).with(move, (p, by) -> kept * p - by).write(Write.SET, parameters);
    mean.write(Write.SET, m);
    square.write(Write.SET, v);
  }

  /** {@code β · old + (1 - β) · fresh}. */
  private static Matrix mix(double beta, Matrix old, Matrix fresh) {
    return old.with(fresh, (o, f) -> beta * o + (1 - beta) * f);
  }

  @Override
  default void lerp(Buffer end, double weight, Buffer x) {
    Matrix.of(x)
        .with(Matrix.of(end), (from, to) -> from + weight * (to - from))
        .write(Write.SET, x);
  }
}
