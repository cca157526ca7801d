package org.peft4j.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.peft4j.Peft;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.benchmarks.steps.RandomWeights;
import org.peft4j.benchmarks.steps.Sizes;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.llama.LlamaModel;
import org.peft4j.transformers.model.TokenBatch;

/**
 * How much longer several trainings at once take than one alone, in one Java process: each of the
 * Llama of {@link Sizes} with LoRA r16 on all linear layers, float32. Arguments: trainings (2),
 * steps (10), sequences (4), tokens (256), rounds (5).
 */
public final class AtOnce {

  private static final int WARM_UP = 5;

  private AtOnce() {}

  public static void main(String[] args) throws InterruptedException, ExecutionException {
    int trainings = number(args, 0, 2);
    int steps = number(args, 1, 10);
    Sizes sizes = new Sizes().on(number(args, 2, 4), number(args, 3, 256));
    int rounds = number(args, 4, 5);
    List<Trainer<TokenBatch>> trainers = new ArrayList<>();
    for (int i = 0; i < trainings; i++) {
      trainers.add(trainer(sizes));
    }
    ExecutorService threads = Executors.newFixedThreadPool(trainings);
    seconds(threads, trainers, sizes.batch(), WARM_UP);
    double[] alone = new double[rounds];
    double[] together = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      alone[round] = seconds(threads, trainers.subList(0, 1), sizes.batch(), steps);
      together[round] = seconds(threads, trainers, sizes.batch(), steps);
    }
    threads.shutdown();
    trainers.forEach(Trainer::close);
    System.out.printf(
        Locale.ROOT,
        "%d steps alone %.2f s, %d trainings of as many at once %.2f s: %.2f times%n",
        steps,
        median(alone),
        trainings,
        median(together),
        median(together) / median(alone));
  }

  private static Trainer<TokenBatch> trainer(Sizes sizes) {
    DecoderForCausalLm llama =
        LlamaModel.causalLm(sizes.llama(), new RandomWeights(DataType.FLOAT32));
    AdapterSpec spec = new AdapterSpec(new LoraConfig(16, 16), TargetModules.allLinear());
    return new Trainer<>(
        Peft.adapt(llama, spec), llama.objective(), new TrainingConfig(1_000_000, 1e-4));
  }

  private static double seconds(
      ExecutorService threads, List<Trainer<TokenBatch>> trainers, TokenBatch batch, int steps)
      throws InterruptedException, ExecutionException {
    long start = System.nanoTime();
    List<Future<?>> running = new ArrayList<>();
    for (Trainer<TokenBatch> trainer : trainers) {
      running.add(
          threads.submit(
              () ->
                  Stream.generate(() -> batch)
                      .limit(steps)
                      .forEach(
                          each -> {
                            trainer.computeGradients(each);
                            trainer.applyGradients();
                          })));
    }
    for (Future<?> each : running) {
      each.get();
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static int number(String[] args, int index, int otherwise) {
    return args.length > index ? Integer.parseInt(args[index]) : otherwise;
  }
}
