package org.peft4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.peft4j.AdapterSpec;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.TargetModules;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.LlamaConfig;
import org.peft4j.transformers.LlamaForCausalLm;
import org.peft4j.transformers.RopeConfig;
import org.peft4j.transformers.RopeScaling;
import org.peft4j.transformers.TokenBatch;

/**
 * Seconds per training step and peak memory of a random Llama of hidden 512, 8 layers, 8 heads, ffn
 * 1376, vocabulary 4096 with LoRA r16 on all linear layers, in the kernels that {@code
 * -Dpeft4j.kernels} names. Arguments: steps (30), sequences (4), tokens (256), and {@code
 * checkpointed} for activation checkpointing.
 */
public final class TrainingStep {

  private TrainingStep() {}

  public static void main(String[] args) throws IOException {
    int steps = number(args, 0, 30);
    int sequences = number(args, 1, 4);
    int tokens = number(args, 2, 256);
    boolean checkpointed = args.length > 3 && args[3].equals("checkpointed");
    LlamaForCausalLm llama = new LlamaForCausalLm(config(tokens), new RandomWeights());
    PeftModel<LlamaForCausalLm> model =
        Peft.adapt(llama, new AdapterSpec(new LoraConfig(16, 16), TargetModules.allLinear()));
    TokenBatch batch = batch(sequences, tokens, llama.vocabulary());
    try (Trainer<TokenBatch> trainer =
        new Trainer<>(
            model,
            (t, b) -> new Loss(llama.lossSum(t, b), b.targets()),
            new TrainingConfig(steps, 1e-4).withActivationCheckpointing(checkpointed))) {
      TrainingReport report = trainer.fit(Stream.generate(() -> batch).iterator());
      double seconds = report.medianStepSeconds();
      System.out.printf(
          Locale.ROOT,
          "%s: batch %d x %d, %.1f ms a step, %.0f tokens/s, %d MiB for a step, peak resident %d MiB, loss %.4f -> %.4f%n",
          model.kernels().name(),
          sequences,
          tokens,
          1000 * seconds,
          sequences * tokens / seconds,
          trainer.workingBytes() >> 20,
          peakMebibytes(),
          report.losses()[0],
          report.losses()[steps - 1]);
    }
  }

  private static int number(String[] args, int index, int otherwise) {
    return args.length > index ? Integer.parseInt(args[index]) : otherwise;
  }

  private static LlamaConfig config(int tokens) {
    return new LlamaConfig(
        4096,
        512,
        1376,
        8,
        8,
        8,
        64,
        1e-5,
        new RopeConfig(10000, RopeScaling.none()),
        Math.max(512, tokens),
        OptionalInt.empty(),
        false,
        Set.of());
  }

  private static TokenBatch batch(int sequences, int tokens, int vocabulary) {
    Random random = new Random(1);
    return TokenBatch.of(
        Stream.generate(() -> random.ints(tokens, 0, vocabulary).toArray())
            .limit(sequences)
            .toList());
  }

  /** Normal weights with deviation 0.02 and norms of one, as a fresh Llama has. */
  private static final class RandomWeights implements Weights {

    private final Random random = new Random(0);

    @Override
    public boolean contains(String path) {
      return !path.endsWith(".bias");
    }

    @Override
    public Parameter get(String path, Shape shape) {
      float[] values = new float[Math.toIntExact(shape.length())];
      boolean norm = shape.rank() == 1;
      for (int i = 0; i < values.length; i++) {
        values[i] = norm ? 1 : (float) (0.02 * random.nextGaussian());
      }
      Buffer buffer = Buffer.allocate(DataType.FLOAT32, shape);
      buffer.put(values);
      return new Parameter(Tensor.of(buffer));
    }
  }

  private static long peakMebibytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return -1;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(-1L);
  }
}
