package org.peft4j.transformers.model;

import java.util.Map;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.nn.Model;
import org.peft4j.spec.AdapterSpec;

/**
 * A model that came from a Hugging Face directory and can become one again.
 *
 * @param <M> the model's own type
 */
public interface PretrainedModel<M extends PretrainedModel<M>> extends Model<M> {

  /**
   * This model, under its own type: what a method generic in M that is given a {@code CausalLm<M>}
   * hands on to {@code Peft.adapt}.
   */
  M self();

  /**
   * Puts adapters on this model, as {@link Peft#adapt} does, where its own type is not known. On a
   * model with {@linkplain #newModules modules that are new to its task} they train these too and
   * are marked as being for {@linkplain #taskType that task}, unless a spec is for another one.
   *
   * @throws IllegalArgumentException if the targets of a spec are not what the model has
   */
  default PeftModel<M> adapt(AdapterSpec... specs) {
    return Peft.adapt(self(), specs);
  }

  /** Puts adapters on this model whose start may look at what {@code preparation} offers. */
  default PeftModel<M> adapt(Preparation preparation, AdapterSpec... specs) {
    return Peft.adapt(self(), preparation, specs);
  }

  /**
   * The entries of {@code config.json} that tell how this model's tensors are put together, and
   * that merging may have changed.
   *
   * @throws IllegalArgumentException if they cannot tell what this model has become
   */
  default Map<String, Object> settings() {
    return Map.of();
  }
}
