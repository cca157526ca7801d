package org.peft4j.adapter;

import java.util.Optional;

/**
 * How the factors of a low-rank adapter start. The kinds of initializer say in their type what they
 * may look at; each is pure: what it may look at goes in, start values come out.
 */
public sealed interface Initializer permits FromShape, FromWeight {

  /**
   * The name it goes by on the command line and in tables, and in files as {@code
   * init_lora_weights}.
   */
  String name();

  /**
   * This initializer, or the variant of it, that goes by {@code name}; empty if none does. An
   * initializer whose names carry settings says here how to read them.
   */
  default Optional<Initializer> called(String name) {
    return name.equals(name()) ? Optional.of(this) : Optional.empty();
  }
}
