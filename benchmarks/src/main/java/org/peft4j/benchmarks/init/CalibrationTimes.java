package org.peft4j.benchmarks.init;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.StartListener;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.benchmarks.steps.RandomWeights;
import org.peft4j.benchmarks.steps.Sizes;
import org.peft4j.calibrate.Calibration;
import org.peft4j.init.CordaStart;
import org.peft4j.init.EvaStart;
import org.peft4j.initializer.Initializer;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.llama.LlamaModel;
import org.peft4j.transformers.model.TokenBatch;

/**
 * How much longer a calibration takes than plain forward passes over the same batches. A
 * calibration and the passes take turns in one process, and the medians are printed, for LoRA of
 * rank 16 on a random Llama. CorDA's decompositions are not part of it.
 *
 * <p>Arguments: {@code corda} or {@code eva}; targets: {@code all}, or names with commas between
 * such as {@code q_proj,v_proj}; width (512), hidden size (1376), layers (8), batches (8) of 4
 * sequences of 256 tokens, how often (5) after one time that is not counted.
 */
public final class CalibrationTimes {

  private final PeftModel<DecoderForCausalLm> model;
  private final Calibration<TokenBatch> calibration;
  private final AdapterSpec spec;

  private CalibrationTimes(Sizes sizes, AdapterSpec spec, int batches) {
    this.model = Peft.host(LlamaModel.causalLm(sizes.llama(), new RandomWeights(DataType.FLOAT32)));
    this.spec = spec;
    List<TokenBatch> data = IntStream.range(0, batches).mapToObj(sizes::batch).toList();
    this.calibration = model.model().calibration(data).showingAtMost(batches);
  }

  public static void main(String[] arguments) {
    boolean eva = arguments.length > 0 && arguments[0].equals("eva");
    String targets = arguments.length > 1 ? arguments[1] : "all";
    int width = number(arguments, 2, 512);
    int hidden = number(arguments, 3, 1376);
    Sizes sizes = new Sizes(4096, width, hidden, number(arguments, 4, 8), width / 64, 4, 256);
    Initializer start = eva ? new EvaStart() : new CordaStart();
    AdapterSpec spec = new AdapterSpec(new LoraConfig(16, 16), target(targets)).startedBy(start);
    new CalibrationTimes(sizes, spec, number(arguments, 5, 8))
        .run(start.name() + " on " + targets + " of " + sizes, number(arguments, 6, 5));
  }

  private static TargetModules target(String names) {
    return names.equals("all")
        ? TargetModules.allLinear()
        : TargetModules.names(names.split(",", -1));
  }

  private static int number(String[] arguments, int index, int otherwise) {
    return arguments.length > index ? Integer.parseInt(arguments[index]) : otherwise;
  }

  private void run(String title, int repeats) {
    double[] plain = new double[repeats];
    double[] calibrated = new double[repeats];
    forward();
    gather();
    for (int i = 0; i < repeats; i++) {
      plain[i] = milliseconds(this::forward);
      calibrated[i] = milliseconds(this::gather);
    }
    Arrays.sort(plain);
    Arrays.sort(calibrated);
    System.out.printf(
        Locale.ROOT,
        "%s: %d batches: forward %.0f ms (%.0f to %.0f), calibration %.0f ms (%.0f to %.0f), ratio %.2f%n",
        title,
        calibration.maxBatches(),
        plain[repeats / 2],
        plain[0],
        plain[repeats - 1],
        calibrated[repeats / 2],
        calibrated[0],
        calibrated[repeats - 1],
        calibrated[repeats / 2] / plain[repeats / 2]);
  }

  private static double milliseconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e6;
  }

  private void forward() {
    try (Tape t = Tape.inference(model.kernels())) {
      for (TokenBatch batch : calibration.batches()) {
        calibration.objective().loss(t, batch);
        t.reset();
      }
    }
  }

  private void gather() {
    model.gather(calibration, StartListener.NONE, spec);
  }
}
