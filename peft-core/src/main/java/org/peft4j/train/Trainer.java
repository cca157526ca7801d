package org.peft4j.train;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * Trains tensors toward an objective. {@link #computeGradients} and {@link #applyGradients} are
 * separate, so that several batches, or several machines, can contribute to one step; {@link #fit}
 * is the usual loop over both.
 *
 * <p>The loss of a step is the mean over all terms (tokens) of its batches. A trainer is used by
 * one thread; it holds native memory until it is closed.
 *
 * @param <B> a batch
 */
public final class Trainer<B> implements AutoCloseable {

  private final FlatParameters parameters;
  private final Kernels kernels;
  private final Objective<B> objective;
  private final TrainingConfig config;
  private final AdamW optimizer;
  private final Tape tape;
  private final Tape evaluationTape;
  private int step;
  private long batches;
  private double lossSum;
  private double weightSum;

  /**
   * @param trainable what trains, by name, such as {@code PeftModel.trainable()}; the tensors move
   *     into one flat vector
   * @param kernels those that the model computes with
   * @throws IllegalArgumentException if there is nothing to train, or a rate is for parameters that
   *     are not there
   */
  public Trainer(
      Map<String, Tensor> trainable,
      Kernels kernels,
      Objective<B> objective,
      TrainingConfig config) {
    this.parameters = new FlatParameters(trainable, kernels);
    this.kernels = kernels;
    this.objective = objective;
    this.config = config;
    this.optimizer = new AdamW(parameters, kernels, config.adamW(), config.rates());
    this.tape = Tape.training(kernels);
    this.evaluationTape = tape.inference();
  }

  /** The trained tensors in one vector. */
  public FlatParameters parameters() {
    return parameters;
  }

  /** Optimizer steps done so far. */
  public int step() {
    return step;
  }

  /**
   * Adds the gradient of one batch to those that wait for {@link #applyGradients}.
   *
   * @return the mean loss over the batch's terms
   * @throws IllegalArgumentException if the batch has no terms
   * @throws IllegalStateException if the loss is not a finite number
   */
  public double computeGradients(B batch) {
    if (weightSum == 0) {
      parameters.clearGradients();
    }
    tape.seed(config.seed() * 0x9E3779B97F4A7C15L + batches++);
    try {
      return differentiate(objective.loss(tape, batch));
    } finally {
      tape.reset();
    }
  }

  private double differentiate(Loss loss) {
    double sum = loss.sum().item();
    if (!(loss.weight() > 0)) {
      throw new IllegalArgumentException("a batch of step " + (step + 1) + " predicts nothing");
    }
    if (!Double.isFinite(sum)) {
      throw new IllegalStateException(
          "the loss of step "
              + (step + 1)
              + " is "
              + sum
              + "; try a lower learning rate than "
              + rate());
    }
    tape.backward(loss.sum(), 1);
    lossSum += sum;
    weightSum += loss.weight();
    return sum / loss.weight();
  }

  /**
   * Updates the parameters with the gradients of the batches since the last update.
   *
   * @throws IllegalStateException if there are none, or their length is not a finite number; they
   *     are forgotten then
   */
  public StepReport applyGradients() {
    if (weightSum == 0) {
      throw new IllegalStateException("no gradients to apply: call computeGradients first");
    }
    parameters.completeGradients();
    double norm = Math.sqrt(kernels.squaredNorm(parameters.gradients())) / weightSum;
    if (!Double.isFinite(norm)) {
      forgetBatches();
      throw new IllegalStateException(
          "the gradient of step "
              + (step + 1)
              + " is not finite; try a lower learning rate than "
              + rate());
    }
    boolean clips = config.clip() > 0 && norm > config.clip();
    double scale = (clips ? config.clip() / norm : 1) / weightSum;
    kernels.put(parameters.gradients(), Write.set(scale), parameters.gradients());
    double rate = rate();
    step++;
    optimizer.update(rate, step);
    StepReport report =
        new StepReport(step, config.steps(), lossSum / weightSum, rate, norm, weightSum, 0);
    forgetBatches();
    return report;
  }

  private void forgetBatches() {
    lossSum = 0;
    weightSum = 0;
  }

  /**
   * Takes the configured number of steps, or fewer where the batches end.
   *
   * @return a report of every step
   */
  public TrainingReport fit(Iterator<? extends B> source, TrainingListener... listeners) {
    List<StepReport> reports = new ArrayList<>();
    while (step < config.steps() && source.hasNext()) {
      long start = System.nanoTime();
      for (int i = 0; i < config.accumulation() && source.hasNext(); i++) {
        computeGradients(source.next());
      }
      StepReport report = applyGradients().took((System.nanoTime() - start) / 1e9);
      reports.add(report);
      for (TrainingListener listener : listeners) {
        listener.onStep(report);
      }
    }
    return new TrainingReport(reports);
  }

  /**
   * The mean loss over all terms of all batches, without training.
   *
   * @throws IllegalArgumentException if there are none
   */
  public Evaluation evaluate(Iterable<? extends B> held) {
    return evaluate(evaluationTape, objective, held);
  }

  /**
   * The mean loss of an objective over all terms of all batches.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static <B> Evaluation evaluate(
      Kernels kernels, Objective<B> objective, Iterable<? extends B> batches) {
    try (Tape tape = Tape.inference(kernels)) {
      return evaluate(tape, objective, batches);
    }
  }

  private static <B> Evaluation evaluate(
      Tape tape, Objective<B> objective, Iterable<? extends B> batches) {
    double sum = 0;
    double weight = 0;
    for (B batch : batches) {
      Loss loss = objective.loss(tape, batch);
      sum += loss.sum().item();
      weight += loss.weight();
      tape.reset();
    }
    if (!(weight > 0)) {
      throw new IllegalArgumentException(
          "there is nothing to evaluate: no batch predicts anything");
    }
    return new Evaluation(sum / weight, weight);
  }

  /** Frees the memory of the steps and of the optimizer. The trained tensors stay usable. */
  @Override
  public void close() {
    evaluationTape.close();
    tape.close();
    optimizer.close();
  }

  private double rate() {
    return config.learningRate().at(step, config.steps());
  }
}
