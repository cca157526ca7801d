package org.peft4j.train;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.peft4j.adapter.TrainingHook;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Closing;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;
import org.peft4j.tensor.Tape;

/**
 * Trains tensors toward an objective. {@link #fit} is the usual loop; it stands on {@link
 * #computeGradients} and {@link #applyGradients}, which are separate so that several batches, or
 * several machines, can contribute to one step.
 *
 * <p>The loss of a step is the mean over all terms (tokens) of its batches. A trainer is used by
 * one thread at a time, except for {@link #stop}; others are refused meanwhile. Several trainers
 * may be at work in one JVM, each with tensors of its own. It holds native memory until it is
 * closed.
 *
 * @param <B> a batch
 */
public final class Trainer<B> implements AutoCloseable {

  private final Trainee trainee;
  private final FlatParameters parameters;
  private final Kernels kernels;
  private final Objective<B> objective;
  private final TrainingConfig config;
  private final TrainingHook hook;
  private final OptimizerState optimizer;
  private final Tape tape;
  private final Tape evaluationTape;
  private final Tally tally = new Tally();
  private final WorkingThread work = new WorkingThread();
  private volatile boolean stopping;
  private Position position = Position.BEGINNING;
  private boolean updating;

  /**
   * How far training is.
   *
   * @param step steps done or left out
   * @param updates steps done
   * @param batches differentiated so far; decides what dropout drops
   */
  record Position(int step, long updates, long batches) {

    static final Position BEGINNING = new Position(0, 0, 0);

    Position afterBatch() {
      return new Position(step, updates, batches + 1);
    }

    Position afterStep() {
      return new Position(step + 1, updates + 1, batches);
    }

    Position afterFault() {
      return new Position(step + 1, updates, batches);
    }
  }

  /**
   * @param trainee such as a {@code PeftModel}; its trainable tensors move into one flat vector,
   *     and a trainer that had them before is of no use any more
   * @throws IllegalStateException if another trainer is training them at this moment
   * @throws IllegalArgumentException if there is nothing to train, a rate is for parameters that
   *     are not there, or a method's schedule does not fit into the steps
   */
  public Trainer(Trainee trainee, Objective<B> objective, TrainingConfig config) {
    this.trainee = trainee;
    this.kernels = trainee.kernels();
    this.parameters =
        new FlatParameters(
            trainee.trainable(),
            kernels,
            () -> work.requireIdle("let another one have its tensors"));
    this.objective = objective;
    this.config = config;
    try {
      this.hook = trainee.begin(config.steps());
      this.optimizer = config.optimizer().start(parameters, kernels, config.rates());
    } catch (RuntimeException e) {
      parameters.close();
      throw e;
    }
    this.tape = Tape.training(kernels);
    this.tape.checkpointing(config.activationCheckpointing());
    this.evaluationTape = tape.inference();
  }

  /** The trained tensors in one vector. */
  public FlatParameters parameters() {
    return parameters;
  }

  /** Steps done so far, those left out because of a {@link Fault} too. */
  public int step() {
    return position.step();
  }

  /** Bytes that steps have taken so far to compute in, beside the parameters. */
  public long workingBytes() {
    return tape.pooledBytes();
  }

  /**
   * Adds the gradient of one batch to those that wait for {@link #applyGradients}.
   *
   * @return the mean loss over the batch's terms
   * @throws IllegalArgumentException if the batch has no terms
   * @throws NotFiniteException if the loss is not a finite number
   */
  public double computeGradients(B batch) {
    return work.during(() -> gradientsOf(batch));
  }

  private double gradientsOf(B batch) {
    parameters.requireInPlace();
    if (tally.isEmpty()) {
      parameters.clearGradients();
    }
    tape.seed(config.seed() * 0x9E3779B97F4A7C15L + position.batches());
    position = position.afterBatch();
    try {
      return differentiate(penalised(objective.loss(tape, batch)), batch);
    } finally {
      tape.reset();
    }
  }

  /** A loss is a sum over terms, so its share of a penalty on the mean goes by their number. */
  private Loss penalised(Loss loss) {
    return hook.penalty(tape)
        .map(penalty -> tape.add(loss.sum(), tape.scale(penalty, loss.weight())))
        .map(sum -> new Loss(sum, loss.weight(), loss.measures()))
        .orElse(loss);
  }

  private double differentiate(Loss loss, B batch) {
    double sum = loss.sum().item();
    if (!(loss.weight() > 0)) {
      throw new IllegalArgumentException("a batch of step " + next() + " predicts nothing");
    }
    if (!Double.isFinite(sum)) {
      tape.reset();
      throw notFinite("the loss of step " + next() + " is " + sum, originOfLoss(batch));
    }
    tape.backward(loss.sum(), 1);
    tally.add(sum, loss);
    return sum / loss.weight();
  }

  private Optional<String> originOfLoss(B batch) {
    return parameters
        .firstNotFinite(parameters.values())
        .map(name -> "a number of " + name + " is not finite")
        .or(() -> trainee.firstNotFinite(() -> look(batch)));
  }

  private void look(B batch) {
    objective.loss(evaluationTape, batch);
    evaluationTape.reset();
  }

  /**
   * Updates the parameters with the gradients of the batches since the last update.
   *
   * @throws IllegalStateException if there are none, or none reached what this trainer trains
   * @throws NotFiniteException if the length of the gradient is not a finite number; the gradients
   *     are forgotten then
   */
  public StepReport applyGradients() {
    return work.during(this::update);
  }

  private StepReport update() {
    if (tally.isEmpty()) {
      throw new IllegalStateException("no gradients to apply: call computeGradients first");
    }
    parameters.requireInPlace();
    if (!parameters.haveGradients()) {
      tally.clear();
      throw new IllegalStateException(
          "no gradient has reached what this trainer trains; it trains what was active when it was"
              + " made, and other adapters may be active now");
    }
    parameters.completeGradients();
    double weight = tally.weight();
    double norm = Math.sqrt(kernels.squaredNorm(parameters.gradients())) / weight;
    if (!Double.isFinite(norm)) {
      tally.clear();
      throw notFinite(
          "the gradient of step " + next() + " is not finite",
          parameters.firstNotFinite(parameters.gradients()).map(name -> "it is that of " + name));
    }
    boolean clips = config.clip() > 0 && norm > config.clip();
    double scale = (clips ? config.clip() / norm : 1) / weight;
    kernels.put(parameters.gradients(), Write.set(scale), parameters.gradients());
    double rate = rate();
    position = position.afterStep();
    updating = true;
    optimizer.update(rate, position.updates());
    hook.afterStep(step());
    updating = false;
    Evaluation mean = tally.mean();
    tally.clear();
    return new StepReport(
        step(), config.steps(), 0, mean.loss(), mean.measures(), rate, norm, weight, 0);
  }

  /** Counts the step that has just failed as done, without an update. */
  void leaveOut() {
    tally.clear();
    position = position.afterFault();
  }

  /** Forgets the batches of a step that has failed before its update. */
  void abandonStep(Position before) {
    tally.clear();
    if (!updating) {
      position = before;
    }
  }

  /** Whether the numbers are those after a step, finite, and worth keeping. */
  boolean isWorthKeeping() {
    return step() > 0 && !updating && parameters.firstNotFinite(parameters.values()).isEmpty();
  }

  private NotFiniteException notFinite(String what, Optional<String> where) {
    return new NotFiniteException(
        what
            + where.map(place -> " (" + place + ")").orElse("")
            + "; try a lower learning rate than "
            + rate());
  }

  /**
   * Takes the configured number of steps, or fewer where the plan says so.
   *
   * <p>Interrupting the thread, or {@link #stop}, ends it after the current step, with a checkpoint
   * if the plan has some; {@code fit} can be called again and goes on. Where anything fails,
   * batches and evaluations included, the parameters are those after the last step, and there is a
   * checkpoint of them if the plan has some. Listeners that fail, and checkpoints that cannot be
   * saved, end nothing; the report tells of them.
   *
   * @return a report of every step
   * @throws NotFiniteException if a number is not finite and the configured policy does not allow
   *     to go on; the message names the step, the layer and the last checkpoint
   * @throws IllegalArgumentException if the checkpoint to go on from is of another training
   * @throws java.io.UncheckedIOException if no checkpoint that is there can be read
   */
  public TrainingReport fit(BatchSource<? extends B> batches, TrainingPlan<B> plan) {
    return work.duringFit(
        () -> new TrainingRun<>(this, plan).over(new NumberedBatches<>(batches, config)));
  }

  /** The same with nothing around the steps. */
  public TrainingReport fit(BatchSource<? extends B> batches, TrainingListener... listeners) {
    return fit(batches, new TrainingPlan<>(listeners));
  }

  /**
   * Takes the configured number of steps, or fewer where the batches end, without a way to go on
   * later.
   */
  public TrainingReport fit(Iterator<? extends B> batches, TrainingListener... listeners) {
    return work.duringFit(
        () ->
            new TrainingRun<>(this, new TrainingPlan<>(listeners))
                .over(new StreamedBatches<>(batches, config.accumulation())));
  }

  /** Ends {@link #fit} after the current step. May be called by any thread. */
  public void stop() {
    stopping = true;
  }

  /** Whether to end; asking the thread for its interruption leaves it interrupted. */
  boolean isStopping() {
    return stopping || Thread.currentThread().isInterrupted();
  }

  /** From now on nobody has asked to stop. */
  void begin() {
    stopping = false;
  }

  /**
   * The mean loss over all terms of all batches, without training.
   *
   * @throws IllegalArgumentException if there are none
   */
  public Evaluation evaluate(Iterable<? extends B> held) {
    return work.during(() -> evaluate(evaluationTape, objective, held, () -> false).orElseThrow());
  }

  /** The same, or nothing where training is to end meanwhile. */
  Optional<Evaluation> evaluateUnlessStopping(Iterable<? extends B> held) {
    return work.during(() -> evaluate(evaluationTape, objective, held, this::isStopping));
  }

  /**
   * The mean loss of an objective over all terms of all batches.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static <B> Evaluation evaluate(
      Kernels kernels, Objective<B> objective, Iterable<? extends B> batches) {
    try (Tape tape = Tape.inference(kernels)) {
      return evaluate(tape, objective, batches, () -> false).orElseThrow();
    }
  }

  private static <B> Optional<Evaluation> evaluate(
      Tape tape, Objective<B> objective, Iterable<? extends B> batches, BooleanSupplier stop) {
    Tally tally = new Tally();
    for (B batch : batches) {
      if (stop.getAsBoolean()) {
        return Optional.empty();
      }
      Loss loss = objective.loss(tape, batch);
      tally.add(loss.sum().item(), loss);
      tape.reset();
    }
    if (tally.isEmpty()) {
      throw new IllegalArgumentException(
          "there is nothing to evaluate: no batch predicts anything");
    }
    return Optional.of(tally.mean());
  }

  /**
   * Frees the memory of the steps, of the gradients and of the optimizer. The trained tensors stay
   * usable; the trainer does not.
   *
   * @throws IllegalStateException if it is at work, in whatever thread
   */
  @Override
  public void close() {
    if (work.close()) {
      Closing.all(evaluationTape::close, tape::close, optimizer::close, parameters::close);
    }
  }

  TrainingConfig config() {
    return config;
  }

  Trainee trainee() {
    return trainee;
  }

  Position position() {
    return position;
  }

  void position(Position position) {
    this.position = position;
  }

  /** Everything that changes from step to step, by name; writing to it takes training there. */
  Map<String, Buffer> state() {
    Map<String, Buffer> state = new LinkedHashMap<>();
    state.put("values", parameters.values());
    optimizer.memory().forEach((name, buffer) -> state.put("optimizer." + name, buffer));
    hook.memory().forEach((name, buffer) -> state.put("beside." + name, buffer));
    return state;
  }

  private int next() {
    return step() + 1;
  }

  private double rate() {
    return config.learningRate().at(step(), config.steps());
  }
}
