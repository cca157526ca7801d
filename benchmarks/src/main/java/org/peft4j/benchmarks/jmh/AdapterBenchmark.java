package org.peft4j.benchmarks.jmh;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Model;
import org.peft4j.nn.Module;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.FlatParameters;

/**
 * Forward and backward of one adapted linear layer 512 -> 1376 at 1024 rows in float32, with the
 * gradients of its input and of what the method trains; {@code none} is the layer without an
 * adapter. The loss is the mean of {@code y²}: one more pass over y each way, the same for all.
 *
 * <p>What a method does once a step, such as AdaLoRA's penalty and choice of ranks, is not counted.
 * Half fine-tuning of a single layer trains all of it, as full does.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsPrepend = "-Dpeft4j.kernels=onednn")
public class AdapterBenchmark {

  private static final int IN = 512;
  private static final int OUT = 1376;
  private static final String NONE = "none";

  @Param({NONE, "lora", "dora", "adalora", "miss", "bone", "bat", "vera", "svfit", "hft", "full"})
  String method;

  private Linear layer;
  private Tape tape;
  private Tensor x;
  private Tensor target;
  private FlatParameters trained;

  @Setup
  public void adapt() {
    Kernels kernels = KernelSets.forType(DataType.FLOAT32);
    Buffers buffers = new Buffers(kernels);
    PeftModel<OneLayer> model = Peft.host(OneLayer.of(buffers));
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    if (!method.equals(NONE)) {
      model.add(new AdapterSpec(Methods.named(method), TargetModules.allLinear()));
      model.activate(AdapterSpec.DEFAULT_NAME);
      parameters.putAll(model.trainable());
    }
    x = Tensor.parameter(buffers.make(DataType.FLOAT32, Buffers.ROWS, IN));
    parameters.put("x", x);
    trained = new FlatParameters(parameters, kernels);
    target = Tensor.of(new float[Buffers.ROWS * OUT], Buffers.ROWS, OUT);
    layer = model.model().layer();
    tape = model.training();
  }

  @TearDown
  public void close() {
    tape.close();
  }

  @Benchmark
  public void forwardAndBackward() {
    trained.clearGradients();
    tape.backward(tape.meanSquaredError(layer.forward(tape, x), target), 1);
    tape.reset();
  }

  /** A model that is one layer without a bias. */
  record OneLayer(Linear layer) implements Model<OneLayer> {

    static OneLayer of(Buffers buffers) {
      Buffer weight = buffers.make(DataType.FLOAT32, OUT, IN);
      return new OneLayer(new Linear(new Parameter(Tensor.of(weight)), Optional.empty()));
    }

    @Override
    public Map<String, Module> children() {
      return Map.of("layer", layer);
    }

    @Override
    public OneLayer rebuild(Weights weights) {
      return new OneLayer(
          new Linear(weights.get("layer.weight", Shape.of(OUT, IN)), Optional.empty()));
    }
  }
}
