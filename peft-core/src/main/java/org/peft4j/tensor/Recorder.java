package org.peft4j.tensor;

import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Closing;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * What stands behind a {@link Tape}: which operations were recorded, which values they still need,
 * and which scope owns which memory. Operations make their results here and note their backward.
 */
final class Recorder implements AutoCloseable {

  private final Kernels kernels;
  private final boolean training;
  private final BufferPool pool;
  private final @Nullable Recorder lender;
  private final OneThread thread;
  private final Recording recorded = new Recording(this::releaseIfUnused, this::releaseGradient);
  private final Scopes scopes = new Scopes(this::leave);
  private final Scoped<SplittableRandom> random = new Scoped<>(new SplittableRandom(0));
  private final Scoped<Boolean> recording;
  private final Scoped<Optional<PositionSelection>> selection = new Scoped<>(Optional.empty());
  private final Demand demand;
  private final Contexts contexts;
  private boolean checkpointing;
  private boolean inStep;
  private volatile boolean closed;

  private Recorder(
      Kernels kernels, boolean training, Contexts contexts, @Nullable Recorder lender) {
    this.kernels = kernels;
    this.contexts = contexts;
    this.training = training;
    this.demand = new Demand(training);
    this.recording = new Scoped<>(training);
    this.pool = lender == null ? new BufferPool(kernels) : lender.pool;
    this.thread = lender == null ? new OneThread() : lender.thread;
    this.lender = lender;
  }

  /** One with a pool of its own. */
  static Recorder of(Kernels kernels, boolean training, PassContext context) {
    return new Recorder(kernels, training, new Contexts(context, true), null);
  }

  /** One that records nothing and shares this one's pool and context. */
  Recorder silent() {
    return silent(new Contexts(contexts.own(), false));
  }

  /** One that records nothing and shares this one's pool. */
  Recorder silent(PassContext context) {
    return silent(new Contexts(context, true));
  }

  private Recorder silent(Contexts contexts) {
    requireOpen();
    return new Recorder(kernels, false, contexts, this);
  }

  /**
   * The calling thread is about to compute.
   *
   * @throws IllegalStateException if another one is in the middle of a step, or the tape is closed
   */
  void enter() {
    requireOpen();
    thread.enter();
    if (!inStep) {
      beginStep();
    }
  }

  private void beginStep() {
    inStep = true;
    thread.beginStep();
    try {
      contexts.beginStep();
    } catch (RuntimeException e) {
      inStep = false;
      thread.endStep();
      throw e;
    }
  }

  private void requireOpen() {
    if (isClosed()) {
      throw new IllegalStateException("this tape is closed");
    }
  }

  private boolean isClosed() {
    return closed || (lender != null && lender.isClosed());
  }

  Kernels kernels() {
    return kernels;
  }

  boolean isTraining() {
    return training;
  }

  PassContext context() {
    return contexts.now();
  }

  /** See {@link Tape#during}. */
  Tensor during(PassContext context, Supplier<Tensor> body) {
    enter();
    return contexts.during(context, () -> scopes.apart(body));
  }

  /** Computes {@code body} again, which was computed in this step before, in its context. */
  Tensor again(PassContext context, Supplier<Tensor> body) {
    return contexts.again(context, body);
  }

  Demand demand() {
    return demand;
  }

  void seed(long seed) {
    requireOpen();
    random.set(new SplittableRandom(seed));
  }

  long pooledBytes() {
    return pool.bytes();
  }

  /** See {@link Tape#scope}. */
  Tensor scope(Supplier<Tensor> body) {
    enter();
    scopes.begin();
    @Nullable Tensor result = null;
    try {
      result = body.get();
      return result;
    } finally {
      scopes.end(result);
    }
  }

  void checkpointing(boolean wanted) {
    checkpointing = wanted;
  }

  /**
   * See {@link Tape#block}. Its random numbers are its own whether or not it is computed twice, so
   * that both ways draw the same.
   */
  Tensor block(Tensor x, UnaryOperator<Tensor> body, Tensor... fixed) {
    long seed = nextSeed();
    return isRecording() && checkpointing
        ? new Block(this, x, body, seed, context()).forward(fixed)
        : scope(() -> seeded(seed, () -> body.apply(x)));
  }

  /** Computes {@code body} with random numbers from {@code seed}. */
  Tensor seeded(long seed, Supplier<Tensor> body) {
    return random.during(new SplittableRandom(seed), body);
  }

  /** Computes {@code body} without noting or keeping anything; results tell who wants gradients. */
  Tensor unrecorded(Supplier<Tensor> body) {
    return recording.during(false, () -> scopes.apart(body));
  }

  /** See {@link Tape#once}. */
  Tensor once(Tensor x, Object key, UnaryOperator<Tensor> body) {
    enter();
    return x.owner() == this ? scopes.once(x, key, body) : body.apply(x);
  }

  /** Computes {@code body} on some rows of a batch. */
  Tensor selected(PositionSelection rows, Supplier<Tensor> body) {
    return selection.during(Optional.of(rows), body);
  }

  /** See {@link Tape#selection}. */
  Optional<PositionSelection> selection() {
    return selection.get();
  }

  boolean isRecording() {
    return recording.get();
  }

  /**
   * In the middle of a pass, computes {@code body}, passes the gradient of its result through it at
   * once, and gives all its memory back.
   *
   * @param begin sets that gradient, or leaves it
   */
  void differentiate(Supplier<Tensor> body, Consumer<Tensor> begin) {
    int outer = recorded.size();
    scopes.begin();
    try {
      Tensor y = scopes.apart(body);
      begin.accept(y);
      recorded.runBackTo(outer);
    } finally {
      scopes.endWhole();
    }
  }

  /** See {@link Tape#backward}. */
  void backward(Tensor loss, double seed) {
    enter();
    if (!loss.requiresGradient() || loss.owner() != this) {
      throw new IllegalStateException(
          "nothing to differentiate: the loss depends on no tensor that requires a gradient; a model"
              + " computes with adapters on tapes that its PeftModel or a view of it makes");
    }
    if (!recorded.made(loss)) {
      throw new IllegalStateException(
          "nothing is recorded for this loss: backward or reset has run since it was computed");
    }
    accumulate(loss, (write, gradient) -> kernels.fill(seed, gradient));
    recorded.runBackTo(0);
  }

  /** See {@link Tape#reset}. */
  void reset() {
    requireOpen();
    thread.enter();
    recorded.abandon();
    scopes.reset();
    if (inStep) {
      inStep = false;
      thread.endStep();
      contexts.endStep();
    } else {
      thread.leave();
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (!isClosed()) {
      reset();
    }
    closed = true;
    Closing.all(contexts::close, this::closePool);
  }

  private void closePool() {
    if (lender == null) {
      pool.close();
    }
  }

  /**
   * A new value, of the first one's type, to be computed from {@code inputs}; it requires a
   * gradient if one of them does.
   */
  Tensor result(Shape shape, Tensor... inputs) {
    return result(inputs[0].type(), shape, inputs);
  }

  /** A new value to be computed from {@code inputs}; it requires a gradient if one of them does. */
  Tensor result(DataType type, Shape shape, Tensor... inputs) {
    return result(type, shape, demand.of(inputs));
  }

  Tensor result(DataType type, Shape shape, boolean requiresGradient) {
    enter();
    Tensor result = new Tensor(pool.take(type, shape), this, requiresGradient);
    scopes.add(result);
    return result;
  }

  /**
   * The numbers of {@code x} where the kernels read them: a constant that lies elsewhere is placed
   * there once.
   */
  Buffer value(Tensor x) {
    return x.owner() == null ? x.on(kernels) : x.value();
  }

  /** Numbers of rows or columns, INT32, where the kernels read them. */
  Tensor indices(int[] values) {
    Tensor indices = workspace(DataType.INT32, Shape.of(values.length));
    indices.value().put(values);
    return indices;
  }

  /** A working value that no gradient flows through. */
  Tensor workspace(DataType type, Shape shape) {
    enter();
    Tensor result = new Tensor(pool.take(type, shape), this, false);
    scopes.add(result);
    return result;
  }

  /**
   * Notes how {@code output}, just created, passes its gradient on, and what of the forward pass
   * that needs.
   */
  void record(Tensor output, Backward backward, Tensor... needed) {
    note(output, true, backward, needed);
  }

  /**
   * Notes an operation that changed {@code before} in place.
   *
   * @param after what {@link #successor} returned for it
   */
  void recordInPlace(Tensor before, Tensor after, Backward backward, Tensor... needed) {
    note(after, after != before, backward, needed);
  }

  /** Makes sure that nobody needs the old value of {@code y} before an operation overwrites it. */
  void requireOverwritable(Tensor y) {
    enter();
    if (y.owner() != this || y.isKept() || scopes.isShared(y)) {
      throw new IllegalStateException(
          "cannot write into this " + y.shape() + " tensor: its old value is still needed");
    }
    scopes.change(y);
  }

  /**
   * Makes {@code y}, about to be changed in place, a tensor that carries gradients if {@code x}
   * does; when y itself does not yet, a successor over the same memory takes its place.
   */
  Tensor successor(Tensor y, Tensor... inputs) {
    requireOverwritable(y);
    boolean wants = demand.of(inputs) || y.requiresGradient();
    return wants == y.requiresGradient() ? y : carrier(y);
  }

  /** Makes {@code y} a tensor that carries a gradient even if nothing it comes from does. */
  Tensor watched(Tensor y) {
    requireOverwritable(y);
    demand.listen();
    return y.requiresGradient() || !training ? y : carrier(y);
  }

  private Tensor carrier(Tensor y) {
    Tensor carrier = new Tensor(takeOver(y), this, true);
    scopes.add(carrier);
    return carrier;
  }

  /** Adds one contribution to the gradient of {@code target}, if it wants one. */
  void accumulate(Tensor target, GradientWriter writer) {
    if (!target.requiresGradient()) {
      return;
    }
    @Nullable Buffer gradient = target.gradientBuffer();
    if (gradient == null) {
      gradient =
          target.owner() == null
              ? kernels.buffer(target.type(), target.shape())
              : pool.take(target.type(), target.shape());
      target.gradientBuffer(gradient);
    }
    writer.write(target.gradientWritten() ? Write.ADD : Write.SET, gradient);
    target.gradientWritten(true);
  }

  /** A working buffer; {@link #giveBack} or {@link #contribute} ends its use. */
  Buffer scratch(DataType type, Shape shape) {
    enter();
    return pool.take(type, shape);
  }

  void giveBack(Buffer scratch) {
    pool.giveBack(scratch);
  }

  /**
   * Adds {@code scratch} to the gradient of {@code target} and ends its use: where it is the first
   * contribution to a tape value it becomes the gradient, without a copy.
   */
  void contribute(Tensor target, Buffer scratch) {
    if (target.requiresGradient() && target.owner() == this && target.gradientBuffer() == null) {
      target.gradientBuffer(scratch.reshape(target.shape()));
      target.gradientWritten(true);
    } else {
      accumulate(target, (write, gradient) -> kernels.put(scratch, write, gradient));
      pool.giveBack(scratch);
    }
  }

  /**
   * Adds the gradient of {@code y}, which nothing will read any more, to that of {@code target}:
   * where it is the first contribution to a tape value, without a copy.
   */
  void passOn(Tensor y, Tensor target) {
    Buffer gradient = Objects.requireNonNull(y.gradientBuffer());
    if (y.type() == target.type()) {
      y.gradientBuffer(null);
      y.gradientWritten(false);
      contribute(target, gradient);
    } else {
      accumulate(target, (write, sum) -> kernels.put(gradient, write, sum));
    }
  }

  /** The next seed of this tape's randomness. */
  long nextSeed() {
    return random.get().nextLong();
  }

  private void note(Tensor output, boolean creates, Backward backward, Tensor... needed) {
    if (isRecording() && output.requiresGradient()) {
      recorded.add(output, creates, backward, needed);
    }
  }

  private Buffer takeOver(Tensor y) {
    Buffer value = y.value();
    y.takeValue();
    return value;
  }

  private void releaseGradient(Tensor tensor) {
    @Nullable Buffer gradient = tensor.gradientBuffer();
    if (gradient != null && tensor.owner() == this) {
      pool.giveBack(gradient);
      tensor.gradientBuffer(null);
      tensor.gradientWritten(false);
    }
  }

  private void leave(Tensor tensor) {
    tensor.leaveScope();
    releaseIfUnused(tensor);
  }

  private void releaseIfUnused(Tensor tensor) {
    if (tensor.owner() == this && tensor.isOutOfScope() && !tensor.isKept()) {
      @Nullable Buffer value = tensor.takeValue();
      if (value != null) {
        pool.giveBack(value);
      }
    }
  }
}
