package org.peft4j.initializer;

import java.util.Map;
import java.util.Optional;

/**
 * How the factors of a low-rank adapter start. The kinds of initializer say in their type what they
 * may look at; each is pure: what it may look at goes in, start values come out.
 */
public sealed interface Initializer permits FromShape, FromWeight, FromData {

  /** Its name on the command line and in tables. */
  String name();

  /** Its name in files, as {@code init_lora_weights}. */
  default String fileName() {
    return name();
  }

  /**
   * What Hugging Face PEFT's files say of it beside its name, such as {@code eva_config}: plain
   * Java values by key.
   */
  default Map<String, Object> fileSettings() {
    return Map.of();
  }

  /**
   * This initializer, or the variant of it, whose name is {@code name}; empty if none does. An
   * initializer whose names carry settings says here how to read them.
   */
  default Optional<Initializer> called(String name) {
    return name.equals(name()) || name.equals(fileName()) ? Optional.of(this) : Optional.empty();
  }

  /**
   * Whether {@code B·A = 0} at the start. Where it is not, core subtracts {@code s·B₀·A₀} from what
   * the adapter sees as its base, so the layer starts equal to the pretrained one all the same, and
   * the weight itself is never written.
   */
  boolean startsAtZero();
}
