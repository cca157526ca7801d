package org.peft4j.kernel;

import org.bytedeco.dnnl.global.dnnl.algorithm;

/** What oneDNN does element by element. */
final class OneDnnElements {

  private final OneDnn oneDnn;
  private final Scratch scratch;
  private final Scratch factors = new Scratch();
  private final Memory one = Memory.allocate(DataType.FLOAT32, 1);

  OneDnnElements(OneDnn oneDnn, Scratch scratch) {
    this.oneDnn = oneDnn;
    this.scratch = scratch;
    one.floats().put(0, 1);
  }

  /** The factor is an argument: compiled in, each new one would take a primitive of its own. */
  void put(Buffer x, Write write, Buffer out) {
    long length = x.length();
    Operand from = Float32.operand(x, length);
    Operand to = Float32.operand(out, length);
    if (write.equals(Write.SET)) {
      out.floats().put(0, x.floats(), 0, Math.toIntExact(length));
    } else {
      Buffer factor = factors.take(Shape.of(1));
      factor.floats().put(0, (float) write.scale());
      Write plain = write.accumulate() ? Write.ADD : Write.SET;
      Recipe timesFactor =
          new Combination(algorithm.binary_mul, Layout.flat(length), Layout.flat(1), plain);
      oneDnn.run(timesFactor, from, Float32.operand(factor, 1), to);
    }
  }

  void transpose(Buffer x, Write write, Buffer out) {
    boolean direct = write.equals(Write.SET);
    Buffer target = direct ? out : scratch.take(out.shape());
    oneDnn.run(
        new Reordering(
            Layout.transposed(x.columns(), x.rows()), Layout.matrix(x.columns(), x.rows())),
        Float32.operand(x, x.length()),
        Float32.operand(target, x.length()));
    if (!direct) {
      put(target, write, out);
    }
  }

  /** {@code out = a op b}, for buffers of one length. */
  void combine(algorithm operation, Buffer a, Buffer b, Write write, Buffer out) {
    Layout all = Layout.flat(a.length());
    oneDnn.run(
        new Combination(operation, all, all, write),
        Float32.operand(a, a.length()),
        Float32.operand(b, a.length()),
        Float32.operand(out, a.length()));
  }

  /** {@code out[i] = x[i] op row} for every row of x. */
  void combineRow(algorithm operation, Buffer x, Buffer row, Write write, Buffer out) {
    int columns = Math.toIntExact(row.length());
    int rows = Math.toIntExact(x.length() / columns);
    oneDnn.run(
        new Combination(operation, Layout.matrix(rows, columns), Layout.matrix(1, columns), write),
        Float32.operand(x, (long) rows * columns),
        Float32.operand(row, columns),
        Float32.operand(out, x.length()));
  }

  void squareRoot(Buffer x, Buffer out) {
    oneDnn.run(
        forward(algorithm.eltwise_sqrt, 0, x.length()),
        Float32.operand(x, x.length()),
        Float32.operand(out, x.length()));
  }

  void activate(Activation function, Buffer x, Buffer y) {
    oneDnn.run(
        forward(algorithm(function), alpha(function), x.length()),
        Float32.operand(x, x.length()),
        Float32.operand(y, x.length()));
  }

  void activateBackward(Activation function, Buffer x, Buffer dy, Write write, Buffer dx) {
    boolean direct = write.equals(Write.SET);
    Buffer target = direct ? dx : scratch.take(dx.shape());
    differentiate(function, x, dy, target);
    if (!direct) {
      put(target, write, dx);
    }
  }

  void siluGate(Buffer gate, Buffer up, Buffer y) {
    silu(gate, up, y);
  }

  void siluGateBackward(Buffer gate, Buffer up, Buffer dy, Buffer dGate, Buffer dUp) {
    silu(gate, dy, dUp);
    combine(algorithm.binary_mul, dy, up, Write.SET, dGate);
    differentiate(Activation.SILU, gate, dGate, dGate);
  }

  /** {@code y = silu(x) ∘ factor}. */
  private void silu(Buffer x, Buffer factor, Buffer y) {
    oneDnn.run(
        new Gate(Layout.flat(x.length())),
        Float32.operand(x, x.length()),
        Operand.of(one),
        Float32.operand(factor, x.length()),
        Float32.operand(y, x.length()));
  }

  private void differentiate(Activation function, Buffer x, Buffer dy, Buffer dx) {
    oneDnn.run(
        new Elementwise.Backward(algorithm(function), alpha(function), Layout.flat(x.length())),
        Float32.operand(x, x.length()),
        Float32.operand(dy, x.length()),
        Float32.operand(dx, x.length()));
  }

  private static Recipe forward(algorithm function, float alpha, long length) {
    return new Elementwise.Forward(function, alpha, Layout.flat(length));
  }

  private static algorithm algorithm(Activation function) {
    return switch (function) {
      case SILU -> algorithm.eltwise_swish;
      case GELU -> algorithm.eltwise_gelu_erf;
      case GELU_TANH -> algorithm.eltwise_gelu_tanh;
      case TANH -> algorithm.eltwise_tanh;
      case RELU -> algorithm.eltwise_relu;
    };
  }

  /** Swish is {@code x · sigmoid(alpha · x)}; to relu, alpha is the slope below zero. */
  private static float alpha(Activation function) {
    return function == Activation.SILU ? 1 : 0;
  }
}
