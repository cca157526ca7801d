package org.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.AdapterSpec;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.AdapterStore;
import org.peft4j.kernel.DataType;
import org.peft4j.train.Evaluation;
import org.peft4j.train.Objective;
import org.peft4j.train.Trainer;
import org.peft4j.transformers.CausalLm;
import org.peft4j.transformers.Checkpoint;
import org.peft4j.transformers.LoadedModel;
import org.peft4j.transformers.TokenBatch;

/**
 * A language model with at most one adapter.
 *
 * @param origin the model as it was loaded
 * @param peft the same model, which carries the adapter
 */
record LanguageModel<M extends CausalLm<M>>(LoadedModel origin, PeftModel<M> peft) {

  static LanguageModel<?> load(Path folder, DataType type) throws IOException {
    LoadedModel loaded = Checkpoint.load(folder, type);
    return of(loaded, loaded.causalLm());
  }

  private static <M extends CausalLm<M>> LanguageModel<M> of(LoadedModel loaded, CausalLm<M> m) {
    return new LanguageModel<>(loaded, Peft.host(m.self()));
  }

  /** The model; it computes with the adapter. */
  M model() {
    return peft.model();
  }

  void adapt(AdapterSpec spec, Preparation preparation) {
    peft.add(preparation, spec);
    peft.activate(spec.name());
  }

  void adapt(Path folder) throws IOException {
    AdapterSpec spec = AdapterStore.readSpec(folder, AdapterSpec.DEFAULT_NAME);
    try {
      peft.load(folder, spec.name());
    } catch (IllegalArgumentException | AdapterFormatException e) {
      throw new IllegalArgumentException(
          "the adapter in %s, made for %s, does not fit the model in %s: %s"
              .formatted(
                  folder,
                  spec.info().baseModel().orElse("an unknown model"),
                  origin.directory(),
                  e.getMessage()),
          e);
    }
    peft.activate(spec.name());
  }

  /** The mean loss over all tokens that are predicted. */
  Objective<TokenBatch> objective() {
    return model().objective();
  }

  Evaluation evaluate(Iterable<TokenBatch> batches) {
    return Trainer.evaluate(peft.kernels(), objective(), batches);
  }
}
