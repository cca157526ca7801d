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
 * memory than kernels of their own; a few are computed on the host, and say so.
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

  /** Fresh memory where these kernels compute, not cleared. */
  Memory allocate(DataType type, long length);

  /** A buffer in {@linkplain #allocate fresh memory} of its own, not cleared. */
  default Buffer buffer(DataType type, Shape shape) {
    return new Buffer(allocate(type, shape.length()), 0, shape);
  }

  /** Numbers of rows or columns where these kernels read them, INT32 [n]; the caller closes it. */
  default Buffer indices(int... values) {
    Buffer indices = buffer(DataType.INT32, Shape.of(values.length));
    indices.put(values);
    return indices;
  }

  /** Whether these kernels read {@code memory} where it is. */
  default boolean reads(Memory memory) {
    return memory instanceof HostMemory;
  }

  /**
   * The numbers of {@code buffer} where these kernels read them: the buffer itself where they do,
   * else a copy, whose memory the caller closes.
   */
  default Buffer place(Buffer buffer) {
    if (reads(buffer.memory())) {
      return buffer;
    }
    Buffer placed = buffer(buffer.type(), buffer.shape());
    placed.put(buffer);
    return placed;
  }

  /**
   * Prepares a weight [out, in] that will never change for fast products. It lies where these
   * kernels read and stays open; of one that lies elsewhere, the kernels of {@link KernelSets}
   * freeze a copy.
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
   * one buffer, and one of them FLOAT64.
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

  /** {@code y = exp(x)}, element by element. By default computed on the host. */
  default void exp(Buffer x, Buffer y) {
    HostRows.map(x, HostRows::exp, y);
  }

  /** {@code y = log(x)}, element by element. By default computed on the host. */
  default void log(Buffer x, Buffer y) {
    HostRows.map(x, HostRows::log, y);
  }

  /**
   * {@code y[i, j] = exp(x[i, j]) / Σₖ exp(x[i, k])}, also where the exponentials are too large: x,
   * y [n, d]. By default computed on the host.
   */
  default void softmax(Buffer x, Buffer y) {
    HostRows.map(x, HostRows::softmax, y);
  }

  /**
   * The logarithm of {@link #softmax}, also where that is too small; y may be wider than x. By
   * default computed on the host.
   */
  default void logSoftmax(Buffer x, Buffer y) {
    HostRows.map(x, HostRows::logSoftmax, y);
  }

  /** {@code out[i] += row} for every row i of out [n, d]; row [d]. In place. */
  void addRow(Buffer row, Buffer out);

  /** {@code out[i] = x[i] ∘ row} for every row i: x, out [n, d]; row [d]. */
  void multiplyRow(Buffer x, Buffer row, Write write, Buffer out);

  /**
   * {@code out[i] = column[i] · x[i]} for every row i: x, out [n, d]; column [n]. Here x and out
   * may be one buffer.
   */
  default void multiplyColumn(Buffer x, Buffer column, Write write, Buffer out) {
    try (KernelDefaults others = new KernelDefaults(this)) {
      others.multiplyColumn(x, column, write, out);
    }
  }

  /** {@code out = factor · x}, the factor one element. Here x and out may be one buffer. */
  default void scale(Buffer x, Buffer factor, Write write, Buffer out) {
    Shape column = Shape.of(Math.toIntExact(x.length()), 1);
    multiplyRow(x.reshape(column), factor, write, out.reshape(column));
  }

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

  /**
   * {@code out = Σ x} over all elements, summed in double: x FLOAT64 or of the type of out, which
   * is one element.
   */
  void sum(Buffer x, Write write, Buffer out);

  /** {@code out = Σ x²} over all elements, summed in double: out is one element. */
  void sumSquares(Buffer x, Write write, Buffer out);

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

  /** {@code y = log σ(x)} and {@code slope = σ(-x)}, its derivative. */
  default void logSigmoid(Buffer x, Buffer y, Buffer slope) {
    try (KernelDefaults others = new KernelDefaults(this)) {
      others.logSigmoid(x, y, slope);
    }
  }

  /**
   * Sets element i to zero where the number i of {@code new SplittableRandom(seed).doubles()} is
   * below {@code probability}, and to {@code 1 / (1 - probability)}, rounded to float32, elsewhere.
   * All kernel sets draw the same. That generator counts: the state behind number i is {@code seed
   * + (i + 1) · 0x9e3779b97f4a7c15}, so any number can be found without those before it.
   */
  void dropoutMask(long seed, double probability, Buffer mask);

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
   * {@code out[i] = table[ids[i]]}: table [v, d], ids INT32 [n], out [n, d].
   *
   * @throws IllegalArgumentException if an id is not a row of the table
   */
  void gather(Buffer table, Buffer ids, Write write, Buffer out);

  /**
   * {@code table[ids[i]] += scale * x[i]}, one i after the other: x [n, d], ids INT32 [n], table
   * [v, d].
   *
   * @throws IllegalArgumentException if an id is not a row of the table
   */
  void scatterAdd(Buffer x, Buffer ids, double scale, Buffer table);

  /**
   * {@code -log softmax(logits)[label]} of each row; 0 for rows whose label is negative.
   *
   * @param logits [n, v]
   * @param labels INT32 [n]
   * @param losses FLOAT64 [n]
   * @param gradient receives {@code softmax - onehot} (zero for rows without a label), [n, v]; may
   *     be null
   * @throws IllegalArgumentException if a label is v or more
   */
  void crossEntropies(Buffer logits, Buffer labels, Buffer losses, @Nullable Buffer gradient);

  // ---- images ----

  /**
   * {@code y = w ⋆ x}, as the shape says: x [n, shape.in().length()], weight shape.weight(), y [n,
   * shape.out().length()].
   */
  default void convolution(ConvolutionShape shape, Buffer x, Buffer weight, Buffer y) {
    try (ConvolutionDefaults others = new ConvolutionDefaults(this, shape, x)) {
      others.forward(x, weight, y);
    }
  }

  /** Gradient of {@link #convolution} by x. */
  default void convolutionInputGradient(
      ConvolutionShape shape, Buffer dy, Buffer weight, Write write, Buffer dx) {
    try (ConvolutionDefaults others = new ConvolutionDefaults(this, shape, dy)) {
      others.inputGradient(dy, weight, write, dx);
    }
  }

  /** Gradient of {@link #convolution} by the weight. */
  default void convolutionWeightGradient(
      ConvolutionShape shape, Buffer x, Buffer dy, Write write, Buffer dWeight) {
    try (ConvolutionDefaults others = new ConvolutionDefaults(this, shape, x)) {
      others.weightGradient(x, dy, write, dWeight);
    }
  }

  /**
   * What the window takes at each of its positions: x [n, shape.in().length()], y [n,
   * shape.out().length()]. By default computed on the host.
   */
  default void pool(PoolingShape shape, Buffer x, Buffer y) {
    new HostPooling(shape).forward(x, y);
  }

  /**
   * Gradient of {@link #pool}. By default computed on the host.
   *
   * @param x null for averages, whose gradient does not depend on it
   */
  default void poolBackward(
      PoolingShape shape, @Nullable Buffer x, Buffer dy, Write write, Buffer dx) {
    new HostPooling(shape).backward(x == null ? new double[0] : x.toDoubles(), dy, write, dx);
  }

  // ---- training ----

  /**
   * {@link #sumSquares}, brought to the host: not finite if any element is not. Waits for all that
   * goes before. The kernels of {@link KernelSets} take a buffer that lies elsewhere, too.
   */
  default double squaredNorm(Buffer x) {
    try (KernelDefaults others = new KernelDefaults(this)) {
      return others.squaredNorm(x);
    }
  }

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
