package org.peft4j.train;

import java.util.Iterator;
import org.peft4j.kernel.Kernels;
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

  private final TrainingStep<B> step;
  private final WorkingThread work;
  private volatile boolean stopping;

  /**
   * @param trainee such as a {@code PeftModel}; its trainable tensors move into one flat vector,
   *     and a trainer that had them before is of no use any more
   * @throws IllegalStateException if another trainer is training them at this moment
   * @throws IllegalArgumentException if there is nothing to train, a rate is for parameters that
   *     are not there, or a method's schedule does not fit into the steps
   */
  public Trainer(Trainee trainee, Objective<B> objective, TrainingConfig config) {
    Trainee pinned = trainee.pinned();
    this.work = new WorkingThread(pinned);
    this.step =
        new TrainingStep<>(
            pinned, objective, config, () -> work.requireIdle("let another one have its tensors"));
  }

  /** The trained tensors in one vector. */
  public FlatParameters parameters() {
    return step.parameters();
  }

  /** Steps done so far, those left out because of a {@link Fault} too. */
  public int step() {
    return step.number();
  }

  /** Bytes that steps have taken so far to compute in, beside the parameters. */
  public long workingBytes() {
    return step.workingBytes();
  }

  /**
   * Adds the gradient of one batch to those that wait for {@link #applyGradients}.
   *
   * @return the mean loss over the batch's terms
   * @throws IllegalArgumentException if the batch has no terms
   * @throws NotFiniteException if the loss is not a finite number
   */
  public double computeGradients(B batch) {
    return work.during(() -> step.computeGradients(batch));
  }

  /**
   * Updates the parameters with the gradients of the batches since the last update.
   *
   * @throws IllegalStateException if there are none, or none reached what this trainer trains
   * @throws NotFiniteException if the length of the gradient is not a finite number; the gradients
   *     are forgotten then
   */
  public StepReport applyGradients() {
    return work.during(step::applyGradients);
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
    return run(plan, new NumberedBatches<>(batches, step.config()));
  }

  /** Trains with listeners only: without evaluations, checkpoints or a time limit. */
  public TrainingReport fit(BatchSource<? extends B> batches, TrainingListener... listeners) {
    return fit(batches, new TrainingPlan<>(listeners));
  }

  /**
   * Takes the configured number of steps, or fewer where the batches end, without a way to go on
   * later.
   */
  public TrainingReport fit(Iterator<? extends B> batches, TrainingListener... listeners) {
    return run(
        new TrainingPlan<>(listeners),
        new StreamedBatches<>(batches, step.config().gradients().accumulation()));
  }

  private TrainingReport run(TrainingPlan<B> plan, StepBatches<B> batches) {
    return work.duringFit(
        () -> {
          stopping = false;
          return new TrainingRun<>(step, plan, this::isStopping).over(batches);
        });
  }

  /** Ends {@link #fit} after the current step. May be called by any thread. */
  public void stop() {
    stopping = true;
  }

  /** Whether to end; asking the thread for its interruption leaves it interrupted. */
  private boolean isStopping() {
    return stopping || Thread.currentThread().isInterrupted();
  }

  /**
   * The mean loss over all terms of all batches, without training.
   *
   * @throws IllegalArgumentException if there are none
   */
  public Evaluation evaluate(Iterable<? extends B> held) {
    return work.during(() -> step.evaluate(held, () -> false).orElseThrow());
  }

  /**
   * The mean loss of an objective over all terms of all batches, computed without adapters.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static <B> Evaluation evaluate(
      Kernels kernels, Objective<B> objective, Iterable<? extends B> batches) {
    return evaluate(Tape.inference(kernels), objective, batches);
  }

  /**
   * The mean loss of an objective over all terms of all batches.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static <B> Evaluation evaluate(
      Trainee trainee, Objective<B> objective, Iterable<? extends B> batches) {
    return evaluate(trainee.inference(), objective, batches);
  }

  private static <B> Evaluation evaluate(
      Tape own, Objective<B> objective, Iterable<? extends B> batches) {
    try (Tape tape = own) {
      return TrainingStep.evaluate(tape, objective, batches, () -> false).orElseThrow();
    }
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
      step.close();
    }
  }
}
