package org.peft4j.tensor;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.PoolingShape;

/**
 * Records operations as they are computed and runs them backwards; owns the memory of every value
 * and gradient in between.
 *
 * <p>Reverse mode, eager. Nothing is recorded, and nothing kept, for inputs that need no gradient.
 * A {@linkplain #scope scope} gives the memory of everything computed inside back to the tape's
 * pool when it ends, except its result and what backward needs. {@link #reset} ends a step; the
 * memory stays in the pool for the next one, so that a step in its steady state allocates nothing.
 *
 * <p>A tape is used by one thread from the first operation of a step until {@link #reset}; another
 * is refused meanwhile. A closed tape refuses everything, and so do values that the tape has taken
 * back: {@code Buffer}s and arrays of them throw an {@link IllegalStateException} when read.
 *
 * <p>In this order: products, element by element, sums and shares, norms, images, attention and
 * tokens, operations of one's own; then what runs them.
 *
 * <p>The shape letters: n rows (tokens), d in, k out.
 */
public final class Tape implements AutoCloseable {

  private final Recorder recorder;

  private Tape(Recorder recorder) {
    this.recorder = recorder;
  }

  /** A tape that records, on which dropout is active. */
  public static Tape training(Kernels kernels) {
    return training(kernels, PassContext.NONE);
  }

  /**
   * A tape that records, on which dropout is active.
   *
   * @param context for layers to look up; it ends with the tape
   */
  public static Tape training(Kernels kernels, PassContext context) {
    return new Tape(Recorder.of(kernels, true, context));
  }

  /** A tape that records nothing, on which dropout does nothing. */
  public static Tape inference(Kernels kernels) {
    return inference(kernels, PassContext.NONE);
  }

  /**
   * A tape that records nothing, on which dropout does nothing.
   *
   * @param context for layers to look up; it ends with the tape
   */
  public static Tape inference(Kernels kernels, PassContext context) {
    return new Tape(Recorder.of(kernels, false, context));
  }

  /** An inference tape that shares this tape's pool and context; close this one last. */
  public Tape inference() {
    return new Tape(recorder.silent());
  }

  /**
   * An inference tape that shares this tape's pool; close this one last.
   *
   * @param context for layers to look up; it ends with the tape returned
   */
  public Tape inference(PassContext context) {
    return new Tape(recorder.silent(context));
  }

  public Kernels kernels() {
    return recorder.kernels();
  }

  /** Whether operations are recorded and dropout is active. */
  public boolean isTraining() {
    return recorder.isTraining();
  }

  /** Seeds what follows of this tape's randomness (dropout). */
  public void seed(long seed) {
    recorder.seed(seed);
  }

  /** Bytes of memory this tape's pool holds, in use or free. */
  public long pooledBytes() {
    return recorder.pooledBytes();
  }

  // ---- products ----

  /** {@code y = x·Wᵀ}: x [n, d], weight [k, d] and y [n, k]. Passes gradients to both. */
  public Tensor linear(Tensor x, Tensor weight) {
    return LinearOps.linear(recorder, x, weight);
  }

  /** {@code y = x·Wᵀ} with a weight that never changes: x [n, d], y [n, k]. */
  public Tensor linear(Tensor x, FrozenWeight weight) {
    return LinearOps.linear(recorder, x, weight);
  }

  /** {@code y = a·b}: a [n, k], b [k, d], y [n, d]. */
  public Tensor matmul(Tensor a, Tensor b) {
    return LinearOps.matmul(recorder, a, b);
  }

  /**
   * {@code yᵢⱼ = aᵢⱼ·bᵢ} for {@code blocks} matrices that lie below each other, and as many beside
   * each other as there are: aᵢⱼ [n, k], bᵢ [k, d], yᵢⱼ [n, d]; b [blocks * k, d].
   */
  public Tensor blockMatmul(Tensor a, Tensor b, int blocks) {
    return LinearOps.blockMatmul(recorder, a, b, blocks);
  }

  /**
   * {@code yⱼ = xⱼ·Wⱼᵀ} for blocks of columns that lie beside each other: xⱼ [n, d], Wⱼ [k, d], yⱼ
   * [n, k].
   *
   * @param x [n, blocks * d]
   * @param weights [blocks, k, d]
   * @return [n, blocks * k]
   */
  public Tensor blockLinear(Tensor x, Tensor weights) {
    return LinearOps.blockLinear(recorder, x, weights);
  }

  /**
   * {@code y += scale · x·Wᵀ}, written into y, with no pass over y of its own: x [n, d], weight [k,
   * d], y [n, k]. This is how a low-rank branch joins its base.
   *
   * @return y
   * @throws IllegalStateException if the old value of y is needed by backward
   */
  public Tensor addLinear(Tensor y, Tensor x, Tensor weight, double scale) {
    return LinearOps.addLinear(recorder, y, x, weight, scale);
  }

  /**
   * {@code y += scale · a·b}, written into y: a [n, k], b [k, d], y [n, d].
   *
   * @return y
   * @throws IllegalStateException if the old value of y is needed by backward
   */
  public Tensor addMatmul(Tensor y, Tensor a, Tensor b, double scale) {
    return LinearOps.addMatmul(recorder, y, a, b, scale);
  }

  // ---- element-wise ----

  /** {@code a + b}, of one shape. */
  public Tensor add(Tensor a, Tensor b) {
    return ElementOps.add(recorder, a, b);
  }

  /** {@code a - b}, of one shape. */
  public Tensor sub(Tensor a, Tensor b) {
    return ArithmeticOps.sub(recorder, a, b);
  }

  /** {@code y += scale · x}, written into y. Returns y. */
  public Tensor addInto(Tensor y, Tensor x, double scale) {
    return ElementOps.addInto(recorder, y, x, scale);
  }

  /** {@code y[i] += bias} for every row, written into y [n, k]; bias [k]. Returns y. */
  public Tensor addBias(Tensor y, Tensor bias, double scale) {
    return ElementOps.addBias(recorder, y, bias, scale);
  }

  /**
   * {@code y[i, c] += scale · x[i, c mod r]}, written into y: x [n, r], repeated along the columns
   * of y [n, k]. Returns y.
   */
  public Tensor addTiled(Tensor y, Tensor x, double scale) {
    return TileOps.addTiled(recorder, y, x, scale);
  }

  /**
   * {@code y[i, j] = Σ x[i, c]} over the columns c = j, j + r, j + 2r ...: x [n, d] to [n, r].
   * Backward needs nothing of it.
   *
   * @param r columns of the result; d need not be a multiple of it
   */
  public Tensor sumTiles(Tensor x, int r) {
    return TileOps.sumTiles(recorder, x, r);
  }

  /** {@code a ∘ b}: of one shape, or b a row [k] that multiplies every row of a [n, k]. */
  public Tensor mul(Tensor a, Tensor b) {
    return ElementOps.mul(recorder, a, b);
  }

  /** {@code column[i] · x[i, j] · row[j]}: x [n, k], column [n], row [k]. */
  public Tensor mulBoth(Tensor x, Tensor column, Tensor row) {
    return ElementOps.mulBoth(recorder, x, column, row);
  }

  /** {@code factor · x}. */
  public Tensor scale(Tensor x, double factor) {
    return ElementOps.scale(recorder, x, factor);
  }

  /** {@code a / b}, of one shape. */
  public Tensor div(Tensor a, Tensor b) {
    return ArithmeticOps.div(recorder, a, b);
  }

  /** {@code a / b}, of one shape. No gradient flows to b. */
  public Tensor divideByConstant(Tensor a, Tensor b) {
    return ElementOps.divideByConstant(recorder, a, b);
  }

  /** The elements of x, in their order, under another shape of equal length. */
  public Tensor reshape(Tensor x, int... dims) {
    return ElementOps.reshape(recorder, x, dims);
  }

  /** {@code xᵀ}: [n, d] to [d, n]. */
  public Tensor transpose(Tensor x) {
    return ElementOps.transpose(recorder, x);
  }

  /** The tensors one after the other along an axis; all other axes are equal. */
  public Tensor concat(List<Tensor> parts, int axis) {
    return PartOps.concat(recorder, parts, axis);
  }

  /** Positions {@code from} (inclusive) to {@code to} (exclusive) of an axis. */
  public Tensor slice(Tensor x, int axis, int from, int to) {
    return PartOps.slice(recorder, x, axis, from, to);
  }

  /** {@code exp(x)}, element by element. */
  public Tensor exp(Tensor x) {
    return ArithmeticOps.exp(recorder, x);
  }

  /** {@code log(x)}, natural, element by element. */
  public Tensor log(Tensor x) {
    return ArithmeticOps.log(recorder, x);
  }

  /** {@code sqrt(x)}, element by element. */
  public Tensor sqrt(Tensor x) {
    return ArithmeticOps.sqrt(recorder, x);
  }

  /** {@code f(x)}: sigmoid, tanh, GELU and others. */
  public Tensor activate(Activation function, Tensor x) {
    return ElementOps.activate(recorder, function, x);
  }

  /**
   * {@code log sigmoid(x) = min(x, 0) - log(1 + exp(-|x|))}, element by element. Computed in double
   * on the host: for the few numbers that a loss is made of.
   */
  public Tensor logSigmoid(Tensor x) {
    return ElementOps.logSigmoid(recorder, x);
  }

  /** {@code silu(gate) ∘ up}. */
  public Tensor siluGate(Tensor gate, Tensor up) {
    return ElementOps.siluGate(recorder, gate, up);
  }

  /**
   * While training, zeroes each element with the given probability and scales the others up; else x
   * itself.
   */
  public Tensor dropout(Tensor x, double probability) {
    return ElementOps.dropout(recorder, x, probability);
  }

  // ---- sums and shares ----

  /** The sum of all elements, a scalar. */
  public Tensor sum(Tensor x) {
    return ReductionOps.sum(recorder, x);
  }

  /** The sum over one axis, which the result lacks: of [n, k], [k] for axis 0 and [n] for 1. */
  public Tensor sum(Tensor x, int axis) {
    return ReductionOps.sum(recorder, x, axis);
  }

  /** The mean of all elements, a scalar. */
  public Tensor mean(Tensor x) {
    return ReductionOps.mean(recorder, x);
  }

  /** The mean over one axis, which the result lacks: of [n, k], [k] for axis 0 and [n] for 1. */
  public Tensor mean(Tensor x, int axis) {
    return ReductionOps.mean(recorder, x, axis);
  }

  /** {@code exp(xᵢ) / Σⱼ exp(xⱼ)} over the last axis. */
  public Tensor softmax(Tensor x) {
    return SoftmaxOps.softmax(recorder, x);
  }

  /** {@code log softmax(x)} over the last axis, also where the share is too small for a number. */
  public Tensor logSoftmax(Tensor x) {
    return SoftmaxOps.logSoftmax(recorder, x);
  }

  // ---- reductions without gradient ----

  /** {@code sqrt(x)}, element by element; no gradient flows. */
  public Tensor squareRootOfConstant(Tensor x) {
    return ElementOps.squareRootOfConstant(recorder, x);
  }

  /** {@code Σᵢ a[i] ∘ b[i]} over the rows of [n, k]: [k]. No gradient flows. */
  public Tensor columnDots(Tensor a, Tensor b) {
    return ElementOps.columnDots(recorder, a, b);
  }

  // ---- norms ----

  /**
   * {@code x / sqrt(mean(x²) + ε) ∘ weight} row by row: x [n, d], weight [d]. Of x [n, k·d] each of
   * the k parts of a row is normed on its own, by the one weight.
   */
  public Tensor rmsNorm(Tensor x, Tensor weight, double epsilon) {
    return NormOps.rmsNorm(recorder, x, weight, epsilon);
  }

  /** {@code (x - mean) / sqrt(var + ε) ∘ weight + bias} row by row: x [n, d]; weight, bias [d]. */
  public Tensor layerNorm(Tensor x, Tensor weight, Tensor bias, double epsilon) {
    return NormOps.layerNorm(recorder, x, weight, bias, epsilon);
  }

  // ---- images ----

  /**
   * A convolution, without bias: x [n, channels * height * width], weight [out, in / groups *
   * kernel height * kernel width] to [n, out * height * width], all as PyTorch flattens them; the
   * tensors may have PyTorch's four axes, too.
   */
  public Tensor convolution(ConvolutionShape shape, Tensor x, Tensor weight) {
    return ImageOps.convolution(recorder, shape, x, weight);
  }

  /** Adds bias[c] to all pixels of channel c, written into y [n, channels * pixels]. Returns y. */
  public Tensor addChannelBias(Tensor y, Tensor bias) {
    return ImageOps.addChannelBias(recorder, y, bias);
  }

  /** The largest or the mean of each window: x [n, channels * height * width]. */
  public Tensor pool(PoolingShape shape, Tensor x) {
    return ImageOps.pool(recorder, shape, x);
  }

  // ---- attention and tokens ----

  /** Rotary position embedding, written into x [n, heads * size]. Returns x. */
  public Tensor rotate(Tensor x, Rotary rotary) {
    return AttentionOps.rotate(recorder, x, rotary);
  }

  /**
   * Softmax attention: q [batch * queries, heads * size]; k, v [batch * keys, keyValueHeads *
   * size]; as q.
   */
  public Tensor attention(AttentionShape shape, Tensor q, Tensor k, Tensor v) {
    return AttentionOps.attention(recorder, shape, q, k, v);
  }

  /** Numbers of rows, such as positions, for operations that take them as a tensor: INT32 [n]. */
  public Tensor indices(int... values) {
    return recorder.indices(values);
  }

  /** {@code table[ids]}: table [v, d] to [ids.length, d]. */
  public Tensor gather(Tensor table, int[] ids) {
    return TokenOps.gather(recorder, table, ids);
  }

  /**
   * Puts rows together: row j of part i becomes row {@code places.get(i)[j]} of the result [rows,
   * k]. Every row of the result has one place.
   */
  public Tensor assemble(List<Tensor> parts, List<int[]> places, int rows) {
    return TokenOps.assemble(recorder, parts, places, rows);
  }

  /**
   * {@code y[g] = Σ x[i]} over the rows i with {@code groups[i] = g}: x [n, d] to [count, d]; zeros
   * for a group without rows.
   *
   * @param groups one per row of x
   */
  public Tensor sumGroups(Tensor x, int[] groups, int count) {
    return TokenOps.sumGroups(recorder, x, groups, count);
  }

  /**
   * {@code log softmax(logits)[label]} of each row: logits [n, vocabulary] to [n, 1]; 0 for rows
   * whose label is negative.
   *
   * @param labels one per row
   */
  public Tensor logProbabilities(Tensor logits, int[] labels) {
    return TokenOps.logProbabilities(recorder, logits, labels);
  }

  /**
   * The sum over rows of {@code -log softmax(logits)[label]} as a scalar; rows whose label is
   * negative count nothing.
   *
   * @param logits [n, vocabulary]
   * @param labels one per row
   */
  public Tensor crossEntropySum(Tensor logits, int[] labels) {
    return TokenOps.crossEntropySum(recorder, logits, labels);
  }

  /**
   * {@link #logProbabilities(Tensor, int[])} of what {@code layer} makes of x, without ever holding
   * the logits of more than {@code atOnce} rows. Rows whose label is negative are not computed.
   *
   * @param x [n, d]
   * @param labels one per row
   * @param layer from some rows [m, d] to their logits [m, vocabulary], each row by itself; it must
   *     not use other results of this tape. Where something trains in it, backward computes it
   *     again.
   */
  public Tensor logProbabilities(Tensor x, int[] labels, int atOnce, UnaryOperator<Tensor> layer) {
    return new ChunkedLoss(recorder, x, labels, atOnce, layer).logProbabilities();
  }

  /**
   * {@link #crossEntropySum(Tensor, int[])} in the way of {@link #logProbabilities(Tensor, int[],
   * int, UnaryOperator)}.
   */
  public Tensor crossEntropySum(Tensor x, int[] labels, int atOnce, UnaryOperator<Tensor> layer) {
    return new ChunkedLoss(recorder, x, labels, atOnce, layer).sum();
  }

  /** The mean of {@code (x - target)²} over all elements, as a scalar. */
  public Tensor meanSquaredError(Tensor x, Tensor target) {
    return ElementOps.meanSquaredError(recorder, x, target);
  }

  // ---- operations of one's own ----

  /**
   * What {@code operation} makes of the inputs, differentiable by all of them.
   *
   * @throws IllegalArgumentException if the operation refuses the inputs' shapes
   */
  public Tensor compute(TapeOperation operation, Tensor... inputs) {
    return OperationValues.compute(recorder, operation, inputs);
  }

  // ---- running ----

  /**
   * Which rows of a batch those are that a layer is just given, where they are not all: for layers
   * to which a row's place in the batch means something.
   */
  public Optional<PositionSelection> selection() {
    return recorder.selection();
  }

  /** What layers look up, such as which adapters are at work. */
  public PassContext context() {
    return recorder.context();
  }

  /**
   * Computes {@code body}, a part of the present step, with another context; in backward too.
   *
   * @param context for layers to look up meanwhile; it ends with the step
   */
  public Tensor during(PassContext context, Supplier<Tensor> body) {
    return recorder.during(context, body);
  }

  /**
   * What {@code body} makes of x, made once for all who ask with equal keys while x is there:
   * layers that read the same input share what depends on nothing else.
   *
   * @param key says what body does, and with which constants
   * @return not to be written into
   */
  public Tensor once(Tensor x, Object key, UnaryOperator<Tensor> body) {
    return recorder.once(x, key, body);
  }

  /**
   * Computes {@code body} and gives back to the pool whatever it allocated, except its result and
   * what backward needs. Every module call opens one.
   */
  public Tensor scope(Supplier<Tensor> body) {
    return recorder.scope(body);
  }

  /**
   * A {@linkplain #scope scope} that may be checkpointed, such as one layer of a deep model.
   *
   * @param x what {@code body} computes with, beside parameters and constants; it must not write
   *     into x
   * @param fixed other results of this tape that body computes with, which no gradient flows
   *     through, such as {@linkplain #indices indices}; it must not use any but these
   */
  public Tensor block(Tensor x, UnaryOperator<Tensor> body, Tensor... fixed) {
    return recorder.block(x, body, fixed);
  }

  /**
   * From now on keeps only the input of each {@linkplain #block block}, and has backward compute
   * the block again, dropout and all: the same gradients, bit for bit, with the memory of one block
   * instead of all, for about one more forward pass (Chen et al., arXiv 1604.06174).
   */
  public void checkpointing(boolean wanted) {
    recorder.checkpointing(wanted);
  }

  /**
   * Accumulates the gradient of {@code seed · loss} into every parameter it depends on, and forgets
   * what was recorded.
   *
   * @param loss a scalar computed on this tape
   * @param seed gradient of the loss itself; the weight of this batch among several
   * @throws IllegalStateException if nothing the loss depends on requires a gradient, or what was
   *     recorded for it is gone
   */
  public void backward(Tensor loss, double seed) {
    recorder.backward(loss, seed);
  }

  /**
   * On a training tape, shows {@code listener} the gradient of y when backward comes by, whether or
   * not anything below wants one.
   *
   * @param y just computed; use the returned tensor in its place
   * @param needed values that the listener wants to read then
   */
  public Tensor tap(Tensor y, Consumer<Buffer> listener, Tensor... needed) {
    Tensor watched = recorder.watched(y);
    recorder.recordInPlace(y, watched, listener::accept, needed);
    return watched;
  }

  /** Gives all memory in use back to the pool and forgets what was recorded: the end of a step. */
  public void reset() {
    recorder.reset();
  }

  @Override
  public void close() {
    recorder.close();
  }
}
