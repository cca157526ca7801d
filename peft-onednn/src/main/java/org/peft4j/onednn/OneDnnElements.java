package org.peft4j.onednn;

import java.util.List;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.RowRun;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** What oneDNN does element by element. */
final class OneDnnElements {

  /** Elements of a run of rows that a copy of its own pays for. */
  private static final long WORTH_A_COPY = 2048;

  private final OneDnn oneDnn;
  private final Scratch scratch;
  private final Scratch factors = new Scratch();
  private final HostMemory one = HostMemory.allocate(DataType.FLOAT32, 1);

  OneDnnElements(OneDnn oneDnn, Scratch scratch) {
    this.oneDnn = oneDnn;
    this.scratch = scratch;
    one.views().floats().put(0, 1);
  }

  /** The factor is an argument: compiled in, each new one would take a primitive of its own. */
  void put(Buffer x, Write write, Buffer out) {
    if (write.equals(Write.SET)) {
      oneDnn.copy(x, out);
    } else if (write.scale() == 1 && out.length() <= OneDnn.FEW) {
      HostLoops.put(x, write, out);
    } else {
      Buffer factor = factors.take(DataType.FLOAT32, Shape.of(1));
      FloatView.floats(factor).put(0, (float) write.scale());
      Write plain = write.accumulate() ? Write.ADD : Write.SET;
      Layout all = Layout.flat(x.type(), out.length());
      combine(algorithm.binary_mul, x, all, factor, Layout.flat(factor), plain, out);
    }
  }

  /**
   * Rows that lie together are copied together, with oneDNN's threads: while those wait for more to
   * do, they keep threads of the JVM from running.
   */
  void gather(Buffer table, int[] ids, Write write, Buffer out) {
    List<RowRun> runs = RowRun.of(ids);
    if (write.equals(Write.SET) && out.length() >= WORTH_A_COPY * runs.size()) {
      runs.forEach(run -> put(run.named(table), write, run.listed(out)));
    } else {
      HostLoops.gather(table, ids, write, out);
    }
  }

  void transpose(Buffer x, Write write, Buffer out) {
    boolean direct = write.equals(Write.SET);
    Buffer target = direct ? out : scratch.take(out.type(), out.shape());
    oneDnn.run(
        new Reordering(
            Layout.transposed(x.type(), x.columns(), x.rows()),
            Layout.matrix(out.type(), x.columns(), x.rows())),
        Operand.of(x),
        Operand.of(target, x.length()));
    if (!direct) {
      put(target, write, out);
    }
  }

  /** {@code out = a op b}, for buffers of one length. */
  void combine(algorithm operation, Buffer a, Buffer b, Write write, Buffer out) {
    combine(operation, a, Layout.flat(a), b, Layout.flat(b.type(), a.length()), write, out);
  }

  /** {@code out[i] = x[i] op row} for every row of x. */
  void combineRow(algorithm operation, Buffer x, Buffer row, Write write, Buffer out) {
    long columns = row.length();
    Layout rows = Layout.matrix(x.type(), x.length() / columns, columns);
    combine(operation, x, rows, row, Layout.matrix(row.type(), 1, columns), write, out);
  }

  /** {@code out[i, j] = x[i, j] op column[i]}. */
  void combineColumn(algorithm operation, Buffer x, Buffer column, Write write, Buffer out) {
    Layout matrix = Layout.matrix(x.type(), x.rows(), x.columns());
    combine(operation, x, matrix, column, Layout.matrix(column.type(), x.rows(), 1), write, out);
  }

  private void combine(
      algorithm operation,
      Buffer a,
      Layout readA,
      Buffer b,
      Layout readB,
      Write write,
      Buffer out) {
    oneDnn.run(
        new Combination(operation, readA, readB, readA.as(out.type()), write),
        Operand.of(a, readA.length()),
        Operand.of(b, readB.length()),
        Operand.of(out, readA.length()));
  }

  void activate(Activation function, Buffer x, Buffer y) {
    map(algorithm(function), alpha(function), x, y);
  }

  /** {@code y = f(x)} for a function without a parameter. */
  void map(algorithm function, Buffer x, Buffer y) {
    map(function, 0, x, y);
  }

  private void map(algorithm function, float alpha, Buffer x, Buffer y) {
    oneDnn.run(
        new Elementwise.Forward(function, alpha, Layout.flat(x), Layout.flat(y)),
        Operand.of(x),
        Operand.of(y, x.length()));
  }

  /** Softmax of rows, or its logarithm. */
  void softmax(algorithm kind, Buffer x, Buffer y) {
    oneDnn.run(
        new Softmax.Forward(kind, Layout.matrix(x.type(), x.rows(), x.columns()), y.type()),
        Operand.of(x),
        Operand.of(y, x.length()));
  }

  void activateBackward(Activation function, Buffer x, Buffer dy, Write write, Buffer dx) {
    boolean direct = write.equals(Write.SET);
    Buffer target = direct ? dx : scratch.take(x.type(), dx.shape());
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
        new Gate(Layout.flat(x), factor.type(), y.type()),
        Operand.of(x),
        Operand.of(one),
        Operand.of(factor, x.length()),
        Operand.of(y, x.length()));
  }

  private void differentiate(Activation function, Buffer x, Buffer dy, Buffer dx) {
    oneDnn.run(
        new Elementwise.Backward(
            algorithm(function), alpha(function), Layout.flat(x), dy.type(), dx.type()),
        Operand.of(x),
        Operand.of(dy, x.length()),
        Operand.of(dx, x.length()));
  }

  private static algorithm algorithm(Activation function) {
    return switch (function) {
      case SILU -> algorithm.eltwise_swish;
      case GELU -> algorithm.eltwise_gelu_erf;
      case GELU_TANH -> algorithm.eltwise_gelu_tanh;
      case SIGMOID -> algorithm.eltwise_logistic;
      case TANH -> algorithm.eltwise_tanh;
      case RELU -> algorithm.eltwise_relu;
    };
  }

  /** Swish is {@code x · sigmoid(alpha · x)}; to relu, alpha is the slope below zero. */
  private static float alpha(Activation function) {
    return function == Activation.SILU ? 1 : 0;
  }
}
