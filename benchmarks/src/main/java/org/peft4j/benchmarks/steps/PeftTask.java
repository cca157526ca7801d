package org.peft4j.benchmarks.steps;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.llama.LlamaModel;
import org.peft4j.transformers.model.TokenBatch;

/** Training with this library: adapters on all linear layers but the output layer. */
public final class PeftTask implements TrainingTask {

  private final TokenBatch batch;
  private final Trainer<TokenBatch> trainer;

  /**
   * @param type in which the model computes
   * @param config of the adapters
   */
  public PeftTask(Sizes sizes, DataType type, AdapterConfig config) {
    this.batch = sizes.batch();
    DecoderForCausalLm llama = LlamaModel.causalLm(sizes.llama(), new RandomWeights(type));
    PeftModel<DecoderForCausalLm> model =
        Peft.adapt(llama, new AdapterSpec(config, TargetModules.allLinear()));
    this.trainer = new Trainer<>(model, llama.objective(), settings());
  }

  private static TrainingConfig settings() {
    return new TrainingConfig(SCHEDULED_STEPS, LEARNING_RATE);
  }

  @Override
  public void run() {
    trainer.computeGradients(batch);
    trainer.applyGradients();
  }

  @Override
  public Gradients gradients() {
    Map<String, Tensor> tensors = trainer.parameters().tensors();
    tensors.forEach((name, tensor) -> tensor.value().put(values(name, tensor)));
    double loss = trainer.computeGradients(batch);
    trainer.parameters().completeGradients();
    Map<String, float[]> gradients = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> gradients.put(name, ofMean(tensor)));
    return new Gradients(loss, gradients);
  }

  private static float[] values(String name, Tensor tensor) {
    return RandomWeights.values(name, Math.toIntExact(tensor.shape().length()));
  }

  /** Ours are gradients of the sum over all predicted tokens until they are applied. */
  private float[] ofMean(Tensor tensor) {
    float[] gradient = Objects.requireNonNull(tensor.gradient()).toFloats();
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] /= (float) batch.targets();
    }
    return gradient;
  }
}
