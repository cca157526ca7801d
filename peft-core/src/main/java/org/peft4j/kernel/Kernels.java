package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;

/**
 * The numerical operations everything else is made of, on raw buffers with explicit outputs.
 *
 * <p>Matrices are row-major; n counts rows (tokens). A buffer of any shape is read as [rows,
 * columns]. Outputs do not overlap inputs unless an operation says that it works in place. All
 * buffers of one call have one type, but that matrices of a call with FLOAT32 ones may be BFLOAT16
 * where the kernel set says so: sums are FLOAT32 then, and results are rounded once, when written.
 *
 * <p>Operations that only some methods need have defaults made of the others, slower and in more
 * memory than kernels of their own.
 */
public interface Kernels {

  /** The name that {@code -Dpeft4j.kernels} selects this set by. */
  String name();

  /**
   * The type in which a layer should pass on what it computed from {@code type}: a narrower one
   * where this set multiplies faster in that.
   */
  default DataType passedOn(DataType type) {
    return type;
  }

  /** Fresh memory that this kernel set can reach, not cleared. */
  Memory allocate(DataType type, long length);

  /**
   * Prepares a weight [out, in] that will never change for fast products. The buffer must stay
   * open.
   */
  FrozenWeight freeze(Buffer weight);

  // ---- products ----

  /** {@code out = a·bᵀ}: a [n, d], b [k, d], out [n, k]. */
  void timesTransposed(Buffer a, Buffer b, Write write, Buffer out);

  /** {@code out = a·b}: a [n, k], b [k, d], out [n, d]. */
  void times(Buffer a, Buffer b, Write write, Buffer out);

  /** {@code out = aᵀ·b}: a [n, k], b [n, d], out [k, d]. */
  void transposedTimes(Buffer a, Buffer b, Write write, Buffer out);

  /**
   * {@code outᵢ = aᵢ·bᵢ} for every block: aᵢ [n, k], bᵢ [k, d], outᵢ [n, d], and as many of each.
   */
  default void blockTimes(Blocks a, Blocks b, Write write, Blocks out) {
    try (KernelDefaults others = new KernelDefaults(this)) {
      others.blockTimes(a, b, write, out);
    }
  }

  /**
   * {@code out = xᵀ·x} on and below the diagonal; above it, out may hold anything: x [n, d], out
   * [d, d].
   */
  default void gram(Buffer x, Write write, Buffer out) {
    transposedTimes(x, x, write, out);
  }

  // ---- moving and element-wise ----

  /** Sets every element. */
  void fill(double value, Buffer out);

  /**
   * {@code out = x}, elementwise and scaled; with {@link Write#SET} a copy. Here x and out may be
   * one buffer.
   */
  void put(Buffer x, Write write, Buffer out);

  /** {@code out = xᵀ}: x [n, d], out [d, n]. */
  void transpose(Buffer x, Write write, Buffer out);

  /** {@code out = a + b}. */
  void add(Buffer a, Buffer b, Buffer out);

  /** {@code out = a ∘ b}. */
  void multiply(Buffer a, Buffer b, Write write, Buffer out);

  /** {@code out = a / b}, element by element. */
  void divide(Buffer a, Buffer b, Write write, Buffer out);

  /** {@code out = sqrt(x)}, element by element. */
  void squareRoot(Buffer x, Buffer out);

  /** {@code out[i] += row} for every row i of out [n, d]; row [d]. In place. */
  void addRow(Buffer row, Buffer out);

  /** {@code out[i] = x[i] ∘ row} for every row i: x, out [n, d]; row [d]. */
  void multiplyRow(Buffer x, Buffer row, Write write, Buffer out);

  /** {@code out[i, j] = column[i] · x[i, j] · row[j]}: x, out [n, d]; column [n], row [d]. */
  default void multiplyBoth(Buffer x, Buffer column, Buffer row, Buffer out) {
    try (KernelDefaults others = new KernelDefaults(this)) {
      others.multiplyBoth(x, column, row, out);
    }
  }

  /** {@code out[i] = Σⱼ a[i, j] · b[i, j] · row[j]}: a, b [n, d]; row [d], out [n]. */
  default void dotRows(Buffer a, Buffer b, Buffer row, Write write, Buffer out) {
    try (KernelDefaults others = new KernelDefaults(this)) {
      others.dotRows(a, b, row, write, out);
    }
  }

  /**
   * {@code out[j] = Σᵢ column[i] · a[i, j] · b[i, j]}: a, b [n, d]; column [n], out [d]. With a the
   * input of {@link #rmsNorm}, column its inverse and b the gradient of its result, the gradient of
   * its weight.
   */
  default void dotColumns(Buffer a, Buffer b, Buffer column, Write write, Buffer out) {
    try (KernelDefaults others = new KernelDefaults(this)) {
      others.dotColumns(a, b, column, write, out);
    }
  }

  /** {@code out = Σᵢ x[i]} over the rows: x [n, d], out [d]. */
  void sumRows(Buffer x, Write write, Buffer out);

  /** {@code out = Σᵢ a[i] ∘ b[i]} over the rows: a, b [n, d], out [d]. */
  default void sumRowProducts(Buffer a, Buffer b, Write write, Buffer out) {
    try (KernelDefaults others = new KernelDefaults(this)) {
      others.sumRowProducts(a, b, write, out);
    }
  }

  /**
   * {@code out[i, j] = Σ x[i, c]} over the columns c = j, j + r, j + 2r ... of x [n, d]; out [n,
   * r].
   */
  default void sumTiles(Buffer x, Write write, Buffer out) {
    try (KernelDefaults others = new KernelDefaults(this)) {
      others.sumTiles(x, write, out);
    }
  }

  /** {@code out[i, c] = x[i, c mod r]}: x [n, r], repeated along the columns of out [n, d]. */
  default void tile(Buffer x, Write write, Buffer out) {
    try (KernelDefaults others = new KernelDefaults(this)) {
      others.tile(x, write, out);
    }
  }

  /** {@code y = f(x)}. */
  void activate(Activation function, Buffer x, Buffer y);

  /** {@code dx = f'(x) ∘ dy}. */
  void activateBackward(Activation function, Buffer x, Buffer dy, Write write, Buffer dx);

  /** {@code y = silu(gate) ∘ up}. */
  void siluGate(Buffer gate, Buffer up, Buffer y);

  /** Sets both gradients of {@link #siluGate}. */
  void siluGateBackward(Buffer gate, Buffer up, Buffer dy, Buffer dGate, Buffer dUp);

  // ---- norms ----

  /**
   * {@code y = x · inverse ∘ weight}, {@code inverse = 1/sqrt(mean(x²) + ε)}: x, y [n, d]; weight
   * [d]; inverse [n].
   */
  void rmsNorm(Buffer x, Buffer weight, double epsilon, Buffer y, Buffer inverse);

  /** Gradient of {@link #rmsNorm} by x. */
  void rmsNormBackward(Buffer x, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx);

  /**
   * {@code normal = (x - mean) · inverse}, {@code y = normal ∘ weight + bias}, {@code inverse =
   * 1/sqrt(var(x) + ε)}: x, y, normal [n, d]; weight, bias [d]; inverse [n].
   */
  void layerNorm(LayerNormInput input, Buffer y, Buffer normal, Buffer inverse);

  /** Gradient of {@link #layerNorm} by x, given what the forward pass stored. */
  void layerNormBackward(
      Buffer normal, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx);

  // ---- attention ----

  /**
   * Turns pairs (j, j + size/2) of every head by the angle of its row's position; in place. The
   * inverse turns back.
   *
   * @param x [n, heads * size]
   */
  void rotate(Buffer x, Rotation rotation, boolean inverse);

  /**
   * Softmax attention: q, out [batch * queries, heads * size]; k, v [batch * keys, keyValueHeads *
   * size].
   *
   * @param weights takes {@link #keptWeights} numbers for backward, or null
   */
  void attention(AttentionShape shape, AttentionInput input, Buffer out, @Nullable Buffer weights);

  /**
   * Sets the gradients of {@link #attention}.
   *
   * @param weights what that kept; null where they are to be computed again
   */
  void attentionBackward(
      AttentionShape shape,
      AttentionInput input,
      Buffer dOut,
      AttentionInput gradients,
      @Nullable Buffer weights);

  /**
   * How many numbers of its own, float32, attention to inputs of {@code type} had better keep for
   * backward; 0 where it computes them again.
   */
  default long keptWeights(AttentionShape shape, DataType type) {
    return 0;
  }

  // ---- tokens ----

  /**
   * {@code out[i] = table[ids[i]]}: table [v, d], out [n, d].
   *
   * @throws IllegalArgumentException if an id is not a row of the table
   */
  void gather(Buffer table, int[] ids, Write write, Buffer out);

  /**
   * {@code table[ids[i]] += scale * x[i]}: x [n, d], table [v, d].
   *
   * @throws IllegalArgumentException if an id is not a row of the table
   */
  void scatterAdd(Buffer x, int[] ids, double scale, Buffer table);

  /**
   * {@code -log softmax(logits)[label]} of each row; 0 for rows whose label is negative.
   *
   * @param logits [n, v]
   * @param gradient receives {@code softmax - onehot} (zero for rows without a label), [n, v]; may
   *     be null
   * @return [n]
   * @throws IllegalArgumentException if a label is v or more
   */
  double[] crossEntropies(Buffer logits, int[] labels, @Nullable Buffer gradient);

  /** The sum of {@link #crossEntropies}. */
  default double crossEntropy(Buffer logits, int[] labels, @Nullable Buffer gradient) {
    double sum = 0;
    for (double loss : crossEntropies(logits, labels, gradient)) {
      sum += loss;
    }
    return sum;
  }

  // ---- training ----

  /** {@code Σ x²}, accumulated in double. Not finite if any element is not. */
  double squaredNorm(Buffer x);

  /**
   * One AdamW update of {@code parameters}, in place, with state {@code m} and {@code v}. All of
   * one length.
   */
  void adamW(Buffer parameters, Buffer gradients, Buffer m, Buffer v, AdamWStep step);

  /**
   * {@code x += weight · (end - x)}, element by element and in place: where x equals end it keeps
   * every bit. Both of one length.
   */
  default void lerp(Buffer end, double weight, Buffer x) {
    try (KernelDefaults others = new KernelDefaults(this)) {
      others.lerp(end, weight, x);
    }
  }
}
