package org.peft4j.transformers.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.model.TokenBatch;

/** Models of a family learn with an adapter what they do under PEFT. */
public interface GoldenAdapterContract extends GoldenFamilyContract {

  /** Five steps of AdamW make more of such a difference. */
  double TRAINED = 2e-4;

  private PeftModel<DecoderForCausalLm> adapted() throws IOException {
    return Peft.load(model(), folder().resolve("adapter"));
  }

  @Test
  default void givesTheLogitsAndGradientsOfAnAdapter() throws IOException {
    PeftModel<DecoderForCausalLm> adapted = adapted();
    TokenBatch batch = batch();
    assertLogits(adapted.inference(), adapted.model(), "adapted.logits", CLOSE);

    Map<String, double[]> gradients = numbers().group("adapted.grad");
    assertThat(gradients.keySet()).isEqualTo(adapted.trainable().keySet());
    try (Tape t = adapted.training()) {
      Tensor loss = adapted.model().lossSum(t, batch);
      assertThat(loss.item() / batch.targets())
          .isCloseTo(facts().get("adapted.loss").doubleValue(), within(CLOSE));
      t.backward(loss, 1.0 / batch.targets());
      adapted
          .trainable()
          .forEach(
              (path, tensor) ->
                  assertThat(tensor.gradient().toDoubles())
                      .as(path)
                      .containsExactly(gradients.get(path), within(CLOSE)));
    }
  }

  @Test
  default void learnsAsPeftDoesAndMerges() throws IOException {
    PeftModel<DecoderForCausalLm> adapted = adapted();
    double[] expected = org.peft4j.transformers.Golden.doubles(facts().get("losses"));
    TrainingConfig config =
        new TrainingConfig(
            expected.length, LearningRate.constant(1e-2), new AdamWSettings(), 1, 0, 0);

    try (Trainer<TokenBatch> trainer =
        new Trainer<>(adapted, adapted.model().objective(), config)) {
      double[] losses =
          trainer.fit(Collections.nCopies(expected.length, batch()).iterator()).losses();
      assertThat(losses).containsExactly(expected, within(1e-4));
    }
    assertLogits(adapted.inference(), adapted.model(), "trained.logits", TRAINED);
    assertLogits(adapted.merge(), "merged.logits", TRAINED);
  }
}
