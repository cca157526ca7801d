package org.peft4j.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Closing;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;
import org.peft4j.method.TrainingHook;
import org.peft4j.tensor.Tape;

/**
 * Steps of a training, one after the other: gradients of batches, an update, evaluations in
 * between; and how far it is. For one thread at a time.
 *
 * @param <B> a batch
 */
final class TrainingStep<B> implements AutoCloseable {

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
  private Position position = Position.BEGINNING;
  private boolean updating;

  /**
   * @param beforeTaken runs when another training takes the tensors; what it throws prevents that
   * @throws IllegalStateException if another trainer is training them at this moment
   * @throws IllegalArgumentException if there is nothing to train, a rate is for parameters that
   *     are not there, or a method's schedule does not fit into the steps
   */
  TrainingStep(
      Trainee trainee, Objective<B> objective, TrainingConfig config, Runnable beforeTaken) {
    this.trainee = trainee;
    this.kernels = trainee.kernels();
    this.objective = objective;
    this.config = config;
    this.tape = trainee.training();
    @Nullable FlatParameters flat = null;
    try {
      flat = new FlatParameters(trainee.trainable(), kernels, beforeTaken);
      this.hook = trainee.begin(config.steps());
      this.optimizer = config.optimizer().start(flat, kernels, config.rates());
    } catch (RuntimeException e) {
      if (flat != null) {
        flat.close();
      }
      tape.close();
      throw e;
    }
    this.parameters = flat;
    this.tape.checkpointing(config.gradients().activationCheckpointing());
    this.evaluationTape = tape.inference();
  }

  FlatParameters parameters() {
    return parameters;
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

  /** Steps done so far, those left out because of a {@link Fault} too. */
  int number() {
    return position.step();
  }

  /** Bytes that steps have taken so far to compute in, beside the parameters. */
  long workingBytes() {
    return tape.pooledBytes();
  }

  /** See {@link Trainer#computeGradients}. */
  double computeGradients(B batch) {
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

  /** A loss is a sum over terms, so its share of a penalty on the mean grows with their number. */
  private Loss penalised(Loss loss) {
    return hook.penalty(tape)
        .map(penalty -> tape.add(loss.sum(), tape.scale(penalty, loss.terms())))
        .map(sum -> new Loss(sum, loss.terms(), loss.measures()))
        .orElse(loss);
  }

  private double differentiate(Loss loss, B batch) {
    double sum = loss.sum().item();
    if (!(loss.terms() > 0)) {
      throw new IllegalArgumentException("a batch of step " + next() + " predicts nothing");
    }
    if (!Double.isFinite(sum)) {
      tape.reset();
      throw notFinite("the loss of step " + next() + " is " + sum, originOfLoss(batch));
    }
    tape.backward(loss.sum(), 1);
    tally.add(sum, loss);
    return sum / loss.terms();
  }

  private Optional<String> originOfLoss(B batch) {
    return parameters
        .firstNotFinite(parameters.values())
        .map(name -> "a number of " + name + " is not finite")
        .or(() -> trainee.firstNotFinite(t -> objective.loss(t, batch)));
  }

  /** See {@link Trainer#applyGradients}. */
  StepReport applyGradients() {
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
    double terms = tally.terms();
    double norm = Math.sqrt(kernels.squaredNorm(parameters.gradients())) / terms;
    if (!Double.isFinite(norm)) {
      tally.clear();
      throw notFinite(
          "the gradient of step " + next() + " is not finite",
          parameters.firstNotFinite(parameters.gradients()).map(name -> "it is that of " + name));
    }
    boolean clips = config.gradients().clip() > 0 && norm > config.gradients().clip();
    double scale = (clips ? config.gradients().clip() / norm : 1) / terms;
    kernels.put(parameters.gradients(), Write.set(scale), parameters.gradients());
    double rate = rate();
    position = position.afterStep();
    updating = true;
    optimizer.update(rate, position.updates());
    hook.afterStep(number());
    updating = false;
    Evaluation mean = tally.mean();
    tally.clear();
    return new StepReport(
        new StepCount(number(), config.steps(), 0),
        mean.loss(),
        mean.measures(),
        rate,
        norm,
        new StepCost(terms, 0));
  }

  /** Counts the step that has just failed as done, without an update. */
  void leaveOut() {
    tally.clear();
    position = position.afterFault();
  }

  /** Forgets the batches of a step that has failed before its update. */
  void abandon(Position before) {
    tally.clear();
    if (!updating) {
      position = before;
    }
  }

  /** Whether the parameters are those after a step, finite, and worth keeping. */
  boolean isWorthKeeping() {
    return number() > 0 && !updating && parameters.firstNotFinite(parameters.values()).isEmpty();
  }

  private NotFiniteException notFinite(String what, Optional<String> where) {
    return new NotFiniteException(
        what
            + where.map(place -> " (" + place + ")").orElse("")
            + "; try a lower learning rate than "
            + rate());
  }

  /**
   * The mean loss over all terms of all batches, without training; nothing where it is to stop.
   *
   * @throws IllegalArgumentException if there are none
   */
  Optional<Evaluation> evaluate(Iterable<? extends B> held, BooleanSupplier stop) {
    return evaluate(evaluationTape, objective, held, stop);
  }

  static <B> Optional<Evaluation> evaluate(
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

  /** Everything that changes from step to step, by name; writing to it takes training there. */
  Map<String, Buffer> state() {
    Map<String, Buffer> state = new LinkedHashMap<>();
    state.put("values", parameters.values());
    optimizer.memory().forEach((name, buffer) -> state.put("optimizer." + name, buffer));
    hook.memory().forEach((name, buffer) -> state.put("beside." + name, buffer));
    return state;
  }

  private int next() {
    return number() + 1;
  }

  private double rate() {
    return config.learningRate().at(number(), config.steps());
  }

  @Override
  public void close() {
    Closing.all(optimizer::close, parameters::close, evaluationTape::close, tape::close);
  }
}
