package org.peft4j.method;

import java.util.List;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;

/**
 * A method that adds nothing to a layer but picks which tensors of the base train, as a whole. Core
 * trains copies of them; every other tensor gets no gradient product and no optimizer state, and
 * stays the same bit for bit.
 *
 * <p>A tensor that several modules share is one tensor: it trains as one, and they stay tied.
 *
 * <p>Targets say what there is to choose from. "All linear" means every tensor of the model, norms,
 * embeddings and output layer included. Names and patterns mean the tensors of the modules that
 * they match, whether that is a layer, a norm or a part of the model such as {@code mlp};
 * exclusions likewise. Tensors of {@code modulesToSave} train whatever the method picks.
 */
public interface ParameterSelector extends AdapterConfig {

  /**
   * The paths of the tensors that train.
   *
   * @param tensors those to choose from, in the model's order; one that several modules share is
   *     there once, under the path where it comes first
   */
  Set<String> select(List<BaseTensor> tensors);

  /** Is not called: there is no adapter to build. */
  @Override
  default Adapter create(AdapterSite site) {
    throw new IllegalStateException(
        method() + " picks tensors of the base and has no adapter for " + site.path());
  }
}
