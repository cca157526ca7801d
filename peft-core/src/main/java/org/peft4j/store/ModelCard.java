package org.peft4j.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.io.AtomicFiles;
import org.peft4j.spec.AdapterSpec;

/** The README.md that Hugging Face expects beside an adapter. */
final class ModelCard {

  static final String NAME = "README.md";

  private static final String MARK = "adapter trained with peft4j.";

  private ModelCard() {}

  /** Writes it, unless there is one with something else in it: somebody has written that. */
  static void write(Path folder, AdapterSpec spec) throws IOException {
    if (!Files.exists(folder.resolve(NAME)) || isOurs(folder)) {
      AtomicFiles.write(folder.resolve(NAME), of(spec));
    }
  }

  /** Whether the card in {@code folder} is one of ours. */
  static boolean isOurs(Path folder) throws IOException {
    Path card = folder.resolve(NAME);
    return Files.isRegularFile(card)
        && new String(Files.readAllBytes(card), StandardCharsets.ISO_8859_1).strip().endsWith(MARK);
  }

  static byte[] of(AdapterSpec spec) {
    String base = spec.info().baseModel().map(name -> "base_model: \"" + name + "\"\n").orElse("");
    String card =
        """
        ---
        %slibrary_name: peft
        tags:
        - %s
        ---

        A %s %s
        """
            .formatted(base, spec.config().method(), spec.config().method(), MARK);
    return card.getBytes(StandardCharsets.UTF_8);
  }
}
