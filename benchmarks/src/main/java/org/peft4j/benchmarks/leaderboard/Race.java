package org.peft4j.benchmarks.leaderboard;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.tensor.Tape;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Loss;
import org.peft4j.train.Schedule;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;

/** Trains contestants on one course: same batches, same steps, same schedule. */
final class Race {

  private static final int MEASUREMENTS = 10;
  private static final int WARMUPS = 20;
  private static final int CALIBRATION_BATCHES = 32;

  /** Value, gradient and AdamW's two moments of every trained number, in float32. */
  private static final int BYTES_PER_TRAINED = 16;

  private final Course course;
  private final int steps;

  Race(Course course, int steps) {
    this.course = course;
    this.steps = steps;
  }

  /** One run at one learning rate from one seed. */
  Run run(Contestant contestant, double rate, long seed) throws IOException {
    return run(course.base(), contestant, rate, seed);
  }

  private <M extends CausalLm<M>> Run run(
      CausalLm<M> base, Contestant contestant, double rate, long seed) {
    long begin = System.nanoTime();
    Preparation preparation =
        Preparation.on(
            base.calibration(course.lookedAt(contestant.looksAt(), seed))
                .showingAtMost(CALIBRATION_BATCHES));
    PeftModel<M> model = Peft.adapt(base.self(), preparation, contestant.spec(seed));
    double startSeconds = (System.nanoTime() - begin) / 1e9;
    List<Integer> measured = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    long bytes = held(model, base) + BYTES_PER_TRAINED * model.report().trainable();
    TrainingConfig config =
        new TrainingConfig(
                steps,
                new LearningRate(rate, Schedule.COSINE, Math.max(1, steps / WARMUPS)),
                new AdamWSettings(),
                1,
                1,
                seed)
            .with(contestant.rates());
    try (Trainer<TokenBatch> trainer = new Trainer<>(model, base.objective(), config)) {
      double stepSeconds = fit(trainer, seed, measured, losses);
      return new Run(
          rate,
          seed,
          model.report().trainable(),
          startSeconds,
          stepSeconds,
          bytes,
          measured,
          losses,
          trainer.evaluate(course.known()).loss());
    }
  }

  /** Trains; a run that breaks down, as at too high a rate, ends with a loss that is no number. */
  private double fit(
      Trainer<TokenBatch> trainer, long seed, List<Integer> measured, List<Double> losses) {
    try {
      TrainingReport report =
          trainer.fit(
              course.shuffled(seed).from(0),
              step -> {
                if (step.step() % Math.max(1, steps / MEASUREMENTS) == 0) {
                  measured.add(step.step());
                  losses.add(trainer.evaluate(course.heldOut()).loss());
                }
              });
      return report.medianStepSeconds();
    } catch (IllegalStateException brokeDown) {
      measured.add(trainer.step());
      losses.add(Double.NaN);
      return Double.NaN;
    }
  }

  /** Values and gradients that one forward and backward pass holds. */
  private <M extends CausalLm<M>> long held(PeftModel<M> model, CausalLm<M> base) {
    try (Tape t = model.training()) {
      Loss loss = base.objective().loss(t, course.shuffled(0).batch(0));
      t.backward(loss.sum(), 1);
      t.reset();
      model.trainable().values().forEach(org.peft4j.tensor.Tensor::clearGradient);
      return t.pooledBytes();
    }
  }
}
