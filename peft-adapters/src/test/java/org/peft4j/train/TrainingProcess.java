package org.peft4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;

/**
 * A process that trains with a checkpoint after every step, going on from the latest there is, and
 * writes its parameters when it is done. It can be told to stay in the middle of a save, where it
 * waits to be killed.
 */
final class TrainingProcess {

  static final int STEPS = 60;

  /** What is in a checkpoint that it stays in the middle of. */
  static final String HALF = "half";

  private TrainingProcess() {}

  /**
   * @param arguments a folder for checkpoints, a file for the parameters, and the number of the
   *     save to stay in, or 0
   */
  public static void main(String... arguments) throws IOException {
    PeftModel<Mlp> model = Peft.adapt(Mlp.random(DataType.FLOAT32, 1), spec());
    LearningRate rate = new LearningRate(1e-2, Schedule.COSINE, 5);
    TrainingConfig config = new TrainingConfig(STEPS, rate, new AdamWSettings(0.1), 1, 1, 7);
    TrainingPlan<Long> plan =
        new TrainingPlan<Long>()
            .saving(new CheckpointPlan(Path.of(arguments[0]), 1).resuming())
            .evaluating(new EvaluationPlan<Long>(Arrays.asList(90L, 91L), 4).keepingBest());
    try (Trainer<Long> trainer =
        new Trainer<>(
            new HeldWhileSaving(model, Integer.parseInt(arguments[2])),
            (t, batch) ->
                new Loss(t.meanSquaredError(model.model().forward(t, x(batch)), y(batch)), 1),
            config)) {
      trainer.fit(new Numbers(), plan);
      double[] values = trainer.parameters().values().toDoubles();
      Files.writeString(Path.of(arguments[1]), Arrays.toString(values));
    }
  }

  private static AdapterSpec spec() {
    return new AdapterSpec(new LoraConfig(4, 8, 0.1, false, false), TargetModules.allLinear());
  }

  private static Tensor x(long batch) {
    return Mlp.normal(DataType.FLOAT32, new Random(batch), 1, 8, Mlp.IN);
  }

  private static Tensor y(long batch) {
    return Mlp.normal(DataType.FLOAT32, new Random(batch + 1000), 1, 8, Mlp.OUT);
  }

  private record Numbers() implements BatchSource<Long> {

    @Override
    public Long batch(long number) {
      return number % perEpoch();
    }

    @Override
    public int perEpoch() {
      return 10;
    }

    @Override
    public String signature() {
      return "numbers";
    }
  }

  private static final class HeldWhileSaving implements Trainee {

    private final PeftModel<Mlp> model;
    private final int held;
    private int saves;

    HeldWhileSaving(PeftModel<Mlp> model, int held) {
      this.model = model;
      this.held = held;
    }

    @Override
    public Map<String, Tensor> trainable() {
      return model.trainable();
    }

    @Override
    public Kernels kernels() {
      return model.kernels();
    }

    @Override
    public Tape training() {
      return model.training();
    }

    @Override
    public Tape inference() {
      return model.inference();
    }

    @Override
    public Map<String, String> identity() {
      return model.identity();
    }

    @Override
    public Optional<String> firstNotFinite(Consumer<Tape> forward) {
      return model.firstNotFinite(forward);
    }

    @Override
    public void save(Path folder) throws IOException {
      model.save(folder);
      if (++saves == held) {
        Files.createFile(folder.resolve(HALF));
        while (true) {
          LockSupport.park();
        }
      }
    }
  }
}
