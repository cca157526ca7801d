package org.peft4j.benchmarks.peer;

import static org.bytedeco.pytorch.global.torch.ScalarType;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.peft4j.benchmarks.steps.Gradients;
import org.peft4j.benchmarks.steps.RandomWeights;
import org.peft4j.benchmarks.steps.Sizes;
import org.peft4j.benchmarks.steps.TrainingTask;
import org.peft4j.kernel.DataType;
import org.peft4j.transformers.model.TokenBatch;

/**
 * Training with PyTorch: the Llama of Hugging Face transformers with the adapters of Hugging Face
 * PEFT, in the operations that these call, on libtorch through its Java bindings.
 *
 * <p>As a careful user has it: fused causal attention, frozen weights without gradients, gradients
 * forgotten instead of set to zero, all processors. In float32 everything is float32. In bfloat16
 * the frozen weights are held in it, the adapters in float32, and the forward pass runs under
 * libtorch's own autocast for the CPU, without PEFT's cast of every layer's input to float32
 * ({@code disable_input_dtype_casting}), which autocast would only undo.
 *
 * <p>AdamW is libtorch's, which updates one tensor after the other; Python's fused form is not in
 * the bindings.
 */
public final class PeerTask implements TrainingTask {

  private final boolean half;
  private final Tensor ids;
  private final Tensor labels;
  private final PeerLlama llama;
  private final Map<String, Tensor> trained;
  private final PeerHook hook;
  private final AdamW optimizer;
  private int step;

  /**
   * @param type FLOAT32 or BFLOAT16
   */
  public PeerTask(Sizes sizes, DataType type, PeerMethod method) {
    torch.set_num_threads(Runtime.getRuntime().availableProcessors());
    TokenBatch batch = sizes.batch();
    this.half = type == DataType.BFLOAT16;
    this.ids = integers(batch.ids()).view(batch.sequences(), batch.length());
    this.labels = integers(batch.shiftedLabels());
    PeerWeights weights =
        new PeerWeights(sizes, half ? ScalarType.BFloat16 : ScalarType.Float, method);
    this.llama = new PeerLlama(weights);
    this.trained = weights.trained();
    this.hook = method.hook(weights.adapters());
    AdamWOptions options = new AdamWOptions(LEARNING_RATE);
    options.weight_decay().put(0);
    this.optimizer = new AdamW(new TensorVector(trained.values().toArray(Tensor[]::new)), options);
  }

  private static Tensor integers(int[] values) {
    return Tensor.create(Arrays.stream(values).asLongStream().toArray(), values.length);
  }

  @Override
  @SuppressWarnings("try")
  public void run() {
    try (PointerScope handles = new PointerScope()) {
      optimizer.zero_grad(true);
      differentiate();
      optimizer.step();
      step++;
      hook.afterStep(step);
    }
  }

  /** The backward pass runs outside autocast, as PyTorch's manual wants it. */
  private Tensor differentiate() {
    Supplier<Tensor> forward = () -> hook.penalised(llama.loss(ids, labels));
    Tensor loss = half ? Torch.autocast(forward) : forward.get();
    loss.backward();
    return loss;
  }

  @Override
  @SuppressWarnings("try")
  public Gradients gradients() {
    try (PointerScope handles = new PointerScope()) {
      trained.forEach(PeerTask::randomise);
      optimizer.zero_grad(true);
      double loss = differentiate().item_float();
      Map<String, float[]> gradients = new LinkedHashMap<>();
      trained.forEach((name, tensor) -> gradients.put(name, Torch.floats(tensor.grad())));
      return new Gradients(loss, gradients);
    }
  }

  private static void randomise(String name, Tensor tensor) {
    float[] values = RandomWeights.values(name, Math.toIntExact(tensor.numel()));
    tensor.data_ptr_float().put(values);
  }
}
