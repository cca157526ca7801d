package org.peft4j.adapters;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.peft4j.adapter.LowRank;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * The trained tensors of one layer of AdaLoRA. Triplet i is row i of A, entry i of E and column i
 * of B.
 *
 * @param a [r, in]
 * @param e [r, 1]
 * @param b [out, r]
 * @param identity constant [r, r]
 * @param tiny a constant that changes no norm but one of zero, by which nothing can be divided
 */
record AdaLoraTriplets(Tensor a, Tensor e, Tensor b, Tensor identity, Tensor tiny) {

  static final double TINY = 1e-30;

  static final String E = "lora_E";

  int size() {
    return e.shape().rows();
  }

  Map<String, Tensor> parameters() {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    parameters.put("lora_A", a);
    parameters.put("lora_B", b);
    parameters.put(E, e);
    return parameters;
  }

  boolean isEmpty() {
    return size() == 0;
  }

  /** A with its rows times E, and B; of an empty layer zeros of rank 1. */
  LowRank factors() {
    if (isEmpty()) {
      return new LowRank(zeros(1, a.shape().columns()), zeros(b.shape().rows(), 1));
    }
    double[] values = a.value().toDoubles();
    double[] factors = e.value().toDoubles();
    int columns = a.shape().columns();
    Arrays.setAll(values, at -> factors[at / columns] * values[at]);
    return new LowRank(Tensor.of(values, a.shape().dims()), b);
  }

  /** {@code ‖A·Aᵀ − I‖ + ‖Bᵀ·B − I‖}, in Frobenius's norm. */
  Tensor skew(Tape t) {
    Tensor columns = t.transpose(b);
    return t.add(distance(t, t.linear(a, a)), distance(t, t.linear(columns, columns)));
  }

  /** The norm n of {@code gram − I} as {@code (n² / n + n) / 2}, n a constant in that. */
  private Tensor distance(Tape t, Tensor gram) {
    Tensor squared = t.scale(t.meanSquaredError(gram, identity), identity.shape().length());
    Tensor norm = t.squareRootOfConstant(squared);
    Tensor quotient = t.divideByConstant(squared, t.add(norm, tiny));
    return t.add(t.scale(quotient, 0.5), t.scale(norm, 0.5));
  }

  /** Sets E of the others to zero. */
  void keep(boolean[] kept) {
    double[] values = e.value().toDoubles();
    Arrays.setAll(values, i -> kept[i] ? values[i] : 0);
    e.value().put(values);
  }

  /** Which of {@code kept} and of those that count again since. */
  boolean[] keptOrGrown(boolean[] kept) {
    double[] values = e.value().toDoubles();
    boolean[] counts = new boolean[kept.length];
    IntStream.range(0, kept.length).forEach(i -> counts[i] = kept[i] || values[i] != 0);
    return counts;
  }

  /** Copies of the parameters with these triplets alone. */
  Map<String, Tensor> only(List<Boolean> kept) {
    int[] rows = IntStream.range(0, kept.size()).filter(kept::get).toArray();
    Map<String, Tensor> parts = new LinkedHashMap<>();
    parts.put("lora_A", rows(a, rows));
    parts.put("lora_B", columns(b, rows));
    parts.put(E, rows(e, rows));
    return parts;
  }

  private Tensor zeros(int rows, int columns) {
    return like(a, new double[rows * columns], rows, columns);
  }

  private static Tensor rows(Tensor matrix, int[] rows) {
    int columns = matrix.shape().columns();
    double[] all = matrix.value().toDoubles();
    double[] some = new double[rows.length * columns];
    Arrays.setAll(some, at -> all[rows[at / columns] * columns + at % columns]);
    return like(matrix, some, rows.length, columns);
  }

  private static Tensor columns(Tensor matrix, int[] columns) {
    int width = matrix.shape().columns();
    double[] all = matrix.value().toDoubles();
    double[] some = new double[matrix.shape().rows() * columns.length];
    Arrays.setAll(some, at -> all[at / columns.length * width + columns[at % columns.length]]);
    return like(matrix, some, matrix.shape().rows(), columns.length);
  }

  private static Tensor like(Tensor matrix, double[] values, int... dims) {
    Buffer buffer = Buffer.allocate(matrix.type(), Shape.of(dims));
    buffer.put(values);
    return Tensor.of(buffer);
  }
}
