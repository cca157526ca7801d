package org.peft4j.transformers.generate;

import java.util.List;
import org.peft4j.PeftModel;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.KeyValueCache;
import org.peft4j.transformers.text.TextDecoder;

/** A model as a batch sees it. */
record BatchModel(PeftModel<? extends CausalLm<?>> peft, TextDecoder texts) {

  CausalLm<?> model() {
    return peft.model();
  }

  /** An empty cache for as many tokens. */
  KeyValueCache cache(int capacity) {
    return model().cache(peft.kernels(), capacity);
  }

  /** The adapters of these names, as they are now. */
  HeldAdapters hold(List<String> names) {
    return HeldAdapters.of(peft.with(names));
  }

  /**
   * The text, if it can be computed.
   *
   * @throws IllegalArgumentException if not
   */
  Continuation accept(GenerationRequest request, GenerationListener listener) {
    int length = request.prompt().length;
    int most = model().maxPositions();
    if (length > most) {
      throw new IllegalArgumentException(
          "the prompt has %d tokens but the model takes at most %d; leave out its beginning"
              .formatted(length, most));
    }
    peft.with(request.adapters());
    return new Continuation(request, texts, most, listener);
  }
}
