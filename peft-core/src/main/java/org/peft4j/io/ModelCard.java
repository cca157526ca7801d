package org.peft4j.io;

import java.nio.charset.StandardCharsets;
import org.peft4j.AdapterSpec;

/** The README.md that Hugging Face expects beside an adapter. */
final class ModelCard {

  private ModelCard() {}

  static byte[] of(AdapterSpec spec) {
    String base = spec.info().baseModel().map(name -> "base_model: \"" + name + "\"\n").orElse("");
    String card =
        """
        ---
        %slibrary_name: peft
        tags:
        - %s
        ---

        A %s adapter trained with peft4j.
        """
            .formatted(base, spec.config().method(), spec.config().method());
    return card.getBytes(StandardCharsets.UTF_8);
  }
}
