package org.peft4j.benchmarks;

import java.util.Locale;
import java.util.stream.Stream;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.benchmarks.steps.PeakMemory;
import org.peft4j.benchmarks.steps.RandomWeights;
import org.peft4j.benchmarks.steps.Sizes;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.llama.LlamaModel;
import org.peft4j.transformers.model.TokenBatch;

/**
 * Seconds per training step and memory of the Llama of {@link Sizes} with LoRA r16 on all linear
 * layers, in the kernels that {@code -Dpeft4j.kernels} names; {@link Bench} compares such steps.
 * Arguments: steps (30), sequences (4), tokens (256), and {@code checkpointed} for activation
 * checkpointing.
 */
public final class TrainingStep {

  private TrainingStep() {}

  public static void main(String[] args) {
    int steps = number(args, 0, 30);
    Sizes sizes = new Sizes().on(number(args, 1, 4), number(args, 2, 256));
    boolean checkpointed = args.length > 3 && args[3].equals("checkpointed");
    DecoderForCausalLm llama =
        LlamaModel.causalLm(sizes.llama(), new RandomWeights(DataType.FLOAT32));
    PeftModel<DecoderForCausalLm> model =
        Peft.adapt(llama, new AdapterSpec(new LoraConfig(16, 16), TargetModules.allLinear()));
    TokenBatch batch = sizes.batch();
    TrainingConfig config =
        new TrainingConfig(steps, 1e-4).withActivationCheckpointing(checkpointed);
    try (Trainer<TokenBatch> trainer = new Trainer<>(model, llama.objective(), config)) {
      TrainingReport report = trainer.fit(Stream.generate(() -> batch).iterator());
      print(model.kernels().name(), sizes, report, trainer.workingBytes());
    }
  }

  private static int number(String[] args, int index, int otherwise) {
    return args.length > index ? Integer.parseInt(args[index]) : otherwise;
  }

  private static void print(String kernels, Sizes sizes, TrainingReport report, long workingBytes) {
    double seconds = report.medianStepSeconds();
    double[] losses = report.losses();
    System.out.printf(
        Locale.ROOT,
        "%s: batch %d x %d, %.1f ms a step, %.0f tokens/s, %d MiB for a step, peak resident %d MiB, loss %.4f -> %.4f%n",
        kernels,
        sizes.sequences(),
        sizes.tokens(),
        1000 * seconds,
        sizes.sequences() * sizes.tokens() / seconds,
        workingBytes >> 20,
        PeakMemory.mebibytes(),
        losses[0],
        losses[losses.length - 1]);
  }
}
